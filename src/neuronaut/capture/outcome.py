"""The outcome: what is said and kept when a recording ends, well or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from neuronaut.capture.cost import cost_of
from neuronaut.capture.influence import TooDear, influence
from neuronaut.capture.place import Place
from neuronaut.capture.plan import Plan
from neuronaut.capture.probes import Probes
from neuronaut.capture.progress import Progress, Watcher
from neuronaut.capture.run import Recorded
from neuronaut.core.errors import NeuronautError
from neuronaut.core.model import Differentiable, Model
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording
from neuronaut.store.results import CAPTURE, read_result, write_result
from neuronaut.store.results import STORED as KEY
from neuronaut.store.writer import Writer

NO_INFLUENCE = "no stored influence"
REMEDY = "To add it: the same call with resume=True, influence=True (in the shell: --resume --influence)"


@contextmanager
def kept(writer: Writer | None, place: Place, tell: Watcher, total: int | None) -> Iterator[None]:
    """When the block raises, commit what is complete, say how to go on, and raise the same error."""
    try:
        yield
    except BaseException as error:
        if writer is not None:
            try:
                writer.close()
            except NeuronautError as second:
                error.add_note(str(second))
            whole = "" if total is None else f" of {total:,}"
            message = f"{writer.committed:,}{whole} samples are kept in {str(place.path)!r}. {place.remedy}"
            error.add_note(message)
            tell(Progress("stopped", writer.committed, total, message=message))
        raise


def store_counts(recording: Recording, done: Recorded, start: int, skipped: bool) -> None:
    """Keep what is odd about the recording: values that are not finite, overflows, samples left out."""
    names = [name for name in recording.arrays if name.startswith("activations/")]
    nonfinite = {name: done.tally.nonfinite[name] + _counted(recording, name, start) for name in names}
    overflow = {name: done.tally.overflow[name] for name in names}
    absent = _absent(recording, done.seen) if skipped else np.zeros(0, np.int64)
    if not (any(nonfinite.values()) or any(overflow.values()) or len(absent)):
        return
    notes = (f"overflow counted from row {start} on, where the recording was resumed",) if start else ()
    values = {
        "nonfinite": np.array(list(nonfinite.values()), np.int64),
        "overflow": np.array(list(overflow.values()), np.int64),
        "skipped": absent,
    }
    dims = {"nonfinite": ("array",), "overflow": ("array",), "skipped": ("skip",)}
    write_result(recording, Result(CAPTURE, values, dims, {"array": names}, n={"all": recording.n}, notes=notes), KEY)


def _counted(recording: Recording, name: str, rows: int) -> int:
    """Values that are not finite among the first rows, which an earlier run has written."""
    stored = recording.arrays[name]
    if not rows or stored.dtype.kind != "f":
        return 0
    return sum(int(block.size - np.isfinite(block).sum()) for _, block in stored.blocks(slice(0, rows)))


def _absent(recording: Recording, seen: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    there = np.zeros(seen, bool)
    there[recording.sample_ids] = True
    return np.flatnonzero(~there).astype(np.int64)


def store_influence(
    recording: Recording, model: Model, plan: Plan, probes: Probes | None, tell: Watcher, *, asked: bool, seed: int
) -> str:
    """Measure and keep the influence of units on units; when nobody asked for it only if that is cheap and possible.

    Returns why there is none, where somebody may have expected it; the recording's notes say so too.
    """
    chosen = None if probes is None else probes.batch()
    if chosen is None or not isinstance(model, Differentiable) or read_result(recording, KEY, name="influence"):
        return ""
    names = {site.layer for site in plan.sites if site.name == "post"}
    layers = [layer for layer in plan.graph.layers if layer.name in names]
    if len(layers) < 2:
        return ""
    shapes = {name: array.shape for name, array in recording.parameters.items()}
    try:
        found = influence(
            model,
            chosen[0],
            layers,
            seed=seed,
            cost=None if asked else cost_of(model.graph, shapes),
            tell=lambda done, total: tell(Progress("influence", done, total)),
        )
    except TooDear as error:
        _note(recording, f"{NO_INFLUENCE}: {error}. {REMEDY}")
        return f"; {NO_INFLUENCE}: {error}. {REMEDY}"
    except Exception as error:
        # The recording is whole without it; whoever asked for it hears why it cannot be had.
        if asked:
            error.add_note(f"while measuring influence; the recording {str(recording.path)!r} is complete without it")
            raise
        _note(recording, f"{NO_INFLUENCE}: {error}")
        return f"; {NO_INFLUENCE}: {error}"
    write_result(recording, found, KEY)
    _note(recording, None)
    return ""


def _note(recording: Recording, said: str | None) -> None:
    """Keep why there is no influence among what is odd about the recording; None takes an earlier word back."""
    known = read_result(recording, KEY, name=CAPTURE) or Result(CAPTURE, {}, {}, n={"all": recording.n})
    notes = tuple(note for note in known.notes if not note.startswith(NO_INFLUENCE))
    if said is not None or notes != known.notes:
        write_result(recording, replace(known, notes=notes + (() if said is None else (said,))), KEY)
