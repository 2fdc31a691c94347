"""Compare, with the random twin made on the way when the live model is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from neuronaut.analysis.compare import compare as compare_recorded
from neuronaut.analysis.registry import opened
from neuronaut.core.errors import DataError, NeedsModel
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.live.twin import random_twin
from neuronaut.store.recording import Recording


def compare(
    rec: Recording,
    a: Where,
    b: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    interval: str = "welch",
    resamples: int = 2000,
    max_t: int = 0,
    twin: bool | Recording = False,
    model: Any = None,
    data: Any = None,
    inputs: int | Sequence[str] | None = None,
    seed: int = 0,
) -> Result:
    """How each unit differs between two groups: effect size with interval, AUROC, p, q and held-out replication.

    Without ``b`` the group is compared with its opposite, ``not (a)``; samples for which a is unknown are in neither.
    Per unit: ``n_a n_b mean_a mean_b sd_a sd_b``; ``difference`` with Welch's 95 % interval ``difference_low
    difference_high``; ``hedges_g`` with its 95 % interval ``g_low g_high``; ``auroc``, the chance that a sample of a
    is higher than one of b; Welch's ``p``; ``q`` over all units of this comparison. ``replicated``: found on half 0 of
    the samples (q < .05) and again, with the same sign, on half 1 (``g_half0 g_half1 q_half0 q_half1``); NaN where
    that could not be checked. Of the whole comparison: ``replication_rate``, the share of half 0's discoveries that
    half 1 shows again, and ``shrinkage``, the slope of their g on half 1 over their g on half 0.

    In a recording with groups (patients, documents), intervals, p and q count groups instead of samples. With fewer
    than 20 samples (or groups) on a side nothing is claimed: q is NaN, and a note says so.

    On request: ``interval="bca"`` adds ``bca_low bca_high``, a bootstrap interval of the difference of ``resamples``
    resamples. ``max_t=999`` shuffles the labels so often (within groups) and adds ``p_permutation``, and ``p_max``,
    which holds for all units of the comparison together. ``twin=True`` runs the samples through a copy of ``model``
    with new weights (drawn with ``seed``; the inputs come from the recording where it holds them, else from ``data``)
    and adds ``twin_percentile``: the share (in %) of the twin's units of that layer with a smaller |g|. ``twin`` may
    also be such a recording, see ``neuronaut.live.twin.random_twin``.

    >>> import numpy as np, torch, neuronaut as naut
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    >>> rec = naut.record(net, np.arange(80.0)[:, None], metadata={"row": range(80)})
    >>> compare(rec, "row < 40", layers="input")["auroc"].tolist()
    [0.0]
    >>> compare(rec, "row < 40", layers="0", twin=True, model=net)["twin_percentile"].shape
    (4,)

    Raises FilterError when a group cannot be read, NeedsModel for ``twin=True`` without a model, DataError for options
    that make no sense, or a model or data that are not those that were recorded.
    """
    opened(rec, "compare")
    made, notes = _twin(rec, twin, model, data, inputs, seed)
    result = compare_recorded(
        rec, a, b, layers=layers, site=site, reduction=reduction, interval=interval, resamples=resamples,
        max_t=max_t, twin=made, seed=seed,
    )  # fmt: skip
    return replace(result, notes=(*result.notes, *notes))


def _twin(
    rec: Recording, twin: bool | Recording, model: Any, data: Any, inputs: int | Sequence[str] | None, seed: int
) -> tuple[Recording | None, list[str]]:
    """The twin that was given or is asked for, and what must be said of it."""
    if not isinstance(twin, bool):
        return twin, []
    if not twin:
        if model is not None or data is not None:
            raise DataError("model= and data= are there to make the random twin. Pass twin=True, or leave them out.")
        return None, []
    if model is None:
        raise NeedsModel("the random twin is the recorded network with new weights. Pass model= as well.")
    made = random_twin(rec, model, data, inputs=inputs, seed=seed)
    return made, list(made.card.options["notes"])
