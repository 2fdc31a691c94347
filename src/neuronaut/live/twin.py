"""Twin: the same samples through the same network with weights that learned nothing."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuronaut.analysis.recorded import holds
from neuronaut.capture.arrays import site_arrays, specs
from neuronaut.capture.batch import copied
from neuronaut.capture.batch_size import batch_rows
from neuronaut.capture.live import session
from neuronaut.capture.options import Options
from neuronaut.capture.place import place
from neuronaut.capture.randomness import untouched_randomness
from neuronaut.capture.tally import Tally
from neuronaut.core.axes import SiteName
from neuronaut.core.errors import DataError, UnsupportedModel
from neuronaut.core.model import Model, Site
from neuronaut.live.inputs import Feed, feed_of
from neuronaut.live.wrapped import as_model, recorded_model
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

SITES: tuple[SiteName, ...] = ("post", "pre")


def random_twin(
    rec: Recording,
    model: Any,
    data: Any = None,
    *,
    to: str | Path | None = None,
    inputs: int | Sequence[str] | None = None,
    seed: int = 0,
) -> Recording:
    """A recording of the samples of ``rec`` by its network re-initialised: what the architecture alone shows.

    ``model`` is the network that was recorded; a copy of it gets new weights, seeded, as its parts draw them
    (``reset_parameters``); parameters that no part can draw have their numbers shuffled, and the card's notes name
    them. The inputs come from the recording where it holds them, else from ``data`` as given to ``record``. Without
    ``to`` the twin lies in a scratch folder that is deleted at exit.

    >>> import numpy as np, torch, neuronaut as naut
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    >>> rec = naut.record(net, np.eye(2), influence=False)
    >>> twin = random_twin(rec, net)
    >>> list(twin.layers) == list(rec.layers), bool((twin["0"].read() == rec["0"].read()).all())
    (True, False)

    Raises DataError when the model or the data are not those that were recorded, UnsupportedModel for a model whose
    weights cannot be drawn anew, RecordingExists when ``to`` holds a recording.
    """
    if seed < 0:
        raise DataError(f"a seed is a whole number from 0 on; got {seed}.")
    if not rec.n:
        raise DataError(f"{rec.path.name} holds no samples to run through a twin.")
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        raise UnsupportedModel(
            f"the weights of a {type(model).__qualname__} cannot be drawn anew; only a torch.nn.Module's can. "
            "Record the twin yourself and pass it as twin=."
        )
    from neuronaut.models.torch.reinitialise import reinitialised

    target = place(to, Options())
    with untouched_randomness():
        feed = feed_of(rec, data, inputs=inputs)
        (first,) = feed.batches(np.arange(min(2, rec.n)), 2)
        recorded = recorded_model(model, rec, first.inputs)
        module, notes = reinitialised(model, seed=seed)
        twin = as_model(module, first.inputs, layers=list(rec.layers))
        sites = [Site(layer, site) for layer in rec.layers for site in SITES if holds(rec, layer, site)]
        card = RecordingCard(
            twin.graph,
            model={"name": f"{recorded.name}, re-initialised", "framework": twin.framework, "seed": seed},
            samples=dict(rec.samples),
            options={"groups": rec.card.options.get("groups"), "notes": notes},
            id=_id(rec, recorded, seed),
        )
        size = batch_rows(twin.graph, first.inputs, len(first))
        _write(target.path, card, _ran(twin, sites, feed, rec.n, size), rec)
    return open_recording(target.path)


def _id(rec: Recording, model: Model, seed: int) -> str:
    """The same for the same twin, so that what was computed with one is known again."""
    return hashlib.sha256(f"{rec.id} {rec.sequence} {model.fingerprint} {seed}".encode()).hexdigest()[:32]


def _ran(
    twin: Model, sites: Sequence[Site], feed: Feed, rows: int, size: int
) -> Iterator[tuple[slice, dict[str, np.ndarray[Any, Any]]]]:
    """What the twin does on all samples, batch by batch, by the names of the store."""
    tally, start = Tally(), 0
    with session(twin):
        for chunk in feed.batches(np.arange(rows), size):
            run = twin.run(copied(chunk.inputs), sites, position="reduce")
            yield slice(start, start + len(chunk)), site_arrays(run.captured, tuple(sites), None, tally)
            start += len(chunk)


def _write(
    path: Path, card: RecordingCard, batches: Iterator[tuple[slice, dict[str, np.ndarray[Any, Any]]]], rec: Recording
) -> None:
    rows, arrays = next(batches)
    ids, half = np.asarray(rec.sample_ids), np.asarray(rec.half)
    with create(path, card, specs(arrays, card.graph)) as writer:
        writer.append(arrays, samples=ids[rows], half=half[rows])
        for rows, arrays in batches:
            writer.append(arrays, samples=ids[rows], half=half[rows])
