"""Ablate: what the answers lose without some units, or with them scaled, with an interval, against random units."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.registry import canonical, result_key
from neuronaut.capture.randomness import untouched_randomness
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.core.slices import where as slice_where
from neuronaut.live.interval import (
    Float64,
    few_notes,
    finite_mean,
    null_p,
    null_range,
    observations,
    paired_interval,
    percentile,
    replicated,
)
from neuronaut.live.lost import lost_notes
from neuronaut.live.measure import How, Measured, measure
from neuronaut.live.scores import METRICS, reasons
from neuronaut.live.subject import Subject, given_subject, recorded_subject
from neuronaut.live.truth import class_names
from neuronaut.live.unit_sets import UnitSet, random_sets, unit_set
from neuronaut.live.verdict import verdicts
from neuronaut.store.recording import Recording
from neuronaut.store.results import write_result

HOWS = ("mean", "zero", "resample", "scale")


def ablate(
    model: Any,
    rec_or_data: Any,
    units: str | Sequence[str],
    how: How = "mean",
    metric: str = "all",
    where: Where = None,
    groups: Any = None,
    data: Any = None,
    labels: Any = None,
    seed: int = 0,
    resamples: int = 2000,
    null: int = 20,
    *,
    classes: Sequence[Any] | None = None,
    inputs: int | Sequence[str] | None = None,
    scale: float | None = None,
) -> Result:
    """What the model's answers lose when units are taken out, against as many random units of the same layer.

    ``units``: an address, a list of them, or a layer. ``how``: each unit is replaced by its mean over the samples
    ("mean"), by 0 ("zero"), or by its value in another sample ("resample"); or it is multiplied by ``scale``
    ("scale"), as each unit of the random sets is then too. ``rec_or_data``: a recording of this model (its inputs from
    ``data`` where it does not hold them), or data with ``labels`` as ``record`` takes them.

    Per metric (``metric``: one of loss, accuracy, logits, kl, or all): ``before``, ``after`` and their difference
    ``effect``; ``low`` and ``high``, its paired bootstrap interval over samples, or over ``groups`` of them (as
    recorded, a column or an array); ``null_mean null_low null_high``, the same effect of ``null`` random unit sets, and
    ``percentile`` and ``null_p`` of this one among them. ``causal`` is 1 when the interval excludes 0 and the effect
    lies outside the null's central 95 %, else 0; notes say why. ``heldout_effect heldout_low heldout_high`` are of the
    held-out half of the samples alone; ``replicated`` is 1 when on each half the interval excludes 0 on the same side,
    NaN where a half has fewer than 20 samples (or groups). Accuracy also by class (``class_effect`` ...), and the
    change of every output (``output_effect``, and the mean of its size ``output_size``): ``table("class")`` and
    ``table("output")``, where ``table()`` has a row for each metric.

    ``logits`` is the output of the sample's own class, ``kl`` the divergence KL(p || p'). The model is run 2 + ``null``
    times (3 + ``null`` with "mean"), and left exactly as it was. A recording that was opened writable keeps the Result:
    its page and its exports show it beside the unit.

    >>> import numpy as np, torch, neuronaut as naut
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 1, bias=False))
    >>> net[0].weight.data, net[1].weight.data = torch.eye(2), torch.tensor([[2.0, 5.0]])
    >>> found = ablate(net, np.array([[1.0, 1.0], [3.0, 1.0]], np.float32), "0:0", how="zero", null=0)
    >>> found["output_effect"].tolist()
    [-4.0]
    >>> found = ablate(net, np.array([[1.0, 1.0], [3.0, 1.0]], np.float32), "0:0", how="scale", scale=3, null=0)
    >>> found["output_effect"].tolist()
    [8.0]

    Raises AddressError, UnknownName for units that are not there; DataError when the model, data, labels or groups do
    not fit; RecordingWriteError when the recording cannot keep it; what the model itself raises, unchanged.

    Reference: Zhang and Nanda, Towards best practices of activation patching, 2023; intervals and null as in
    ``neuronaut.live.interval``.
    """
    check_options(how, metric, resamples, null, scale)
    _check_order(model, rec_or_data)
    wanted = [units] if isinstance(units, str) else list(units)
    given = {"labels": labels, "groups": groups, "inputs": inputs}
    with untouched_randomness():
        subject = _subject(model, rec_or_data, wanted, where, data, classes, given)
        chosen = unit_set(subject.model.graph, wanted)
        others = random_sets(subject.model.graph, chosen, null, seed)
        found = measure(subject, chosen, others, how, seed, scale)
    params = {
        "units": chosen.addresses,
        "how": how,
        **({} if scale is None else {"scale": float(scale)}),
        "metric": metric,
        "where": canonical(slice_where(where)),
        "groups": subject.groups is not None,
        "resamples": resamples,
        "null": len(others),
    }
    result = _result(subject, chosen, found, metric, params, resamples, seed, null)
    if isinstance(rec_or_data, Recording) and rec_or_data.writable:
        asked = {"params": params, "seed": seed}
        write_result(rec_or_data, result, result_key(rec_or_data.id, 0, result.name, result.version, asked))
    return result


def check_options(how: str, metric: str, resamples: int = 1, null: int = 0, scale: float | None = None) -> None:
    """Refuse what cannot be asked, before anything is loaded. Raises UnknownName, DataError."""
    if how not in HOWS:
        raise unknown("way to ablate", how, HOWS)
    if (how == "scale") != (scale is not None):
        raise DataError(f"how={how!r} and scale={scale}; give both how='scale' and scale=2, or neither.")
    if scale is not None and not math.isfinite(scale):
        raise DataError(f"scale={scale}; units are multiplied by a finite number, as in scale=2.")
    if metric not in (*METRICS, "all"):
        raise unknown("metric", metric, (*METRICS, "all"))
    if resamples < 1 or null < 0:
        raise DataError(f"resamples={resamples} and null={null}; give at least 1 resample and no fewer than 0 sets.")


def _check_order(model: Any, rec_or_data: Any) -> None:
    if isinstance(model, Recording):
        raise DataError("the model comes first, then the recording: naut.ablate(model, rec, units).")
    if isinstance(model, (str, os.PathLike)) or isinstance(rec_or_data, (str, os.PathLike)):
        path = os.fspath(model if isinstance(model, (str, os.PathLike)) else rec_or_data)
        raise DataError(f"{path!r} is a path. Open it first: naut.ablate(model, naut.open({path!r}), units).")


def _subject(
    model: Any,
    rec_or_data: Any,
    units: Sequence[str],
    where: Where,
    data: Any,
    classes: Sequence[Any] | None,
    given: Mapping[str, Any],
) -> Subject:
    if isinstance(rec_or_data, Recording):
        unit_set(rec_or_data.graph, units)  # before the model runs
        return recorded_subject(model, rec_or_data, where, data=data, **given)
    if data is not None:
        raise DataError("data= goes beside a recording; here the data are given already.")
    return given_subject(model, rec_or_data, where, units=units, classes=classes, **given)


def _result(
    subject: Subject,
    chosen: UnitSet,
    found: Measured,
    metric: str,
    params: dict[str, Any],
    resamples: int,
    seed: int,
    null: int,
) -> Result:
    names = [name for name in METRICS if metric in (name, "all")]
    picked = [METRICS.index(name) for name in names]
    table = _table(subject, found, picked, resamples, seed)
    width = found.output_sums.shape[1]
    why = reasons(subject.task, subject.truth, width)
    table["causal"], said = verdicts(
        names, table, why, units=chosen.count, pieces=observations(found.change[:, picked], subject.groups).tolist(),
        sets=found.sets, grouped=subject.groups is not None, asked=null,
    )  # fmt: skip
    said += _few(subject, "effect on", names, found.change[:, picked])
    values: dict[str, Any] = dict(table)
    dims, coords = dict.fromkeys(table, ("metric",)), {"metric": names}
    if "accuracy" in names and "accuracy" not in why and subject.truth is not None:
        own = subject.truth[:, None] == np.arange(len(class_names(subject.task)))
        change = np.where(own, found.change[:, [METRICS.index("accuracy")]], np.nan)
        classes = _classes(subject, found, change, resamples, seed)
        values, dims = values | classes, dims | dict.fromkeys(classes, ("class",))
        coords["class"] = list(class_names(subject.task))
        said += _few(subject, "accuracy of class", coords["class"], change)
    if "logits" in names:
        outputs = _outputs(subject, found, resamples, seed)
        values, dims = values | outputs, dims | dict.fromkeys(outputs, ("output",))
        coords["output"] = _output_names(subject, width)
    notes = (*said, *lost_notes(subject, found, names, why, scaled="scale" in params))
    return Result("ablate", values, dims, coords, params, {subject.name: len(subject.rows)}, seed, notes=notes)


def _few(subject: Subject, name: str, labels: Sequence[str], changes: Float64) -> list[str]:
    """What must be said of intervals that rest on few samples or groups."""
    counts = observations(changes, subject.groups)
    return few_notes(name, labels, counts, grouped=subject.groups is not None)


def _table(subject: Subject, found: Measured, picked: list[int], resamples: int, seed: int) -> dict[str, Float64]:
    change = found.change[:, picked]
    effect = finite_mean(change)
    before = finite_mean(np.where(np.isfinite(change), found.before[:, picked], np.nan))
    low, high = paired_interval(change, subject.groups, resamples=resamples, seed=seed)
    others = found.others[:, picked]
    null_low, null_high = null_range(others)
    mean = others.mean(0) if len(others) else np.full(len(picked), np.nan)
    again = replicated(change, subject.half, subject.groups, resamples=resamples, seed=seed)
    return {
        "before": before,
        "after": before + effect,
        "effect": effect,
        "low": low,
        "high": high,
        "null_mean": mean,
        "null_low": null_low,
        "null_high": null_high,
        "percentile": percentile(effect, others),
        "null_p": null_p(effect, others),
        **again,
    }


def _classes(subject: Subject, found: Measured, change: Float64, resamples: int, seed: int) -> dict[str, Any]:
    """Accuracy of the samples of each class, before, after, and the change with its interval.

    ``change`` [sample, class] is NaN for the classes that are not a sample's own.
    """
    before = finite_mean(np.where(np.isfinite(change), found.before[:, [METRICS.index("accuracy")]], np.nan))
    low, high = paired_interval(change, subject.groups, resamples=resamples, seed=seed)
    effect = finite_mean(change)
    return {
        "class_n": np.isfinite(change).sum(0),
        "class_before": before,
        "class_after": before + effect,
        "class_effect": effect,
        "class_low": low,
        "class_high": high,
    }


def _outputs(subject: Subject, found: Measured, resamples: int, seed: int) -> dict[str, Any]:
    """The change of each output, its interval, and the mean of its size."""
    change, size, count = found.output_sums
    with np.errstate(invalid="ignore"):
        values: dict[str, Any] = {"output_effect": change / count, "output_size": size / count}
    if found.outputs is not None:
        values["output_low"], values["output_high"] = paired_interval(
            found.outputs, subject.groups, resamples=resamples, seed=seed
        )
    return values


def _output_names(subject: Subject, width: int) -> list[str]:
    names = class_names(subject.task)
    if len(names) == width:
        return list(names)
    return [str(subject.task.label or 0)] if width == 1 else [str(unit) for unit in range(width)]
