"""Recording: a model on samples, into a recording."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt

from neuronaut.capture.arrays import row_bytes
from neuronaut.capture.batch_size import batch_rows
from neuronaut.capture.chunk import Chunk, rebatch, upto
from neuronaut.capture.intake import Intake, take_in
from neuronaut.capture.live import live_model, on_processor, session
from neuronaut.capture.options import Options
from neuronaut.capture.outcome import kept, store_counts, store_influence
from neuronaut.capture.place import Place, place
from neuronaut.capture.plan import Plan, array_specs, card_of, data_fingerprint, make_plan
from neuronaut.capture.probes import Probes, probe_count
from neuronaut.capture.progress import Progress, Watcher, readable, watcher
from neuronaut.capture.randomness import untouched_randomness
from neuronaut.capture.resuming import check_same, continued, next_sample
from neuronaut.capture.run import Ready, Recorded, Runner, Skipped, record_batches
from neuronaut.capture.source import Samples, Source
from neuronaut.capture.tally import Tally
from neuronaut.core.axes import SiteName
from neuronaut.core.errors import DataError
from neuronaut.core.model import Differentiable, Model
from neuronaut.core.selection import select_layers
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.recording import Recording, open
from neuronaut.store.resume import resume as resume_writing
from neuronaut.store.writer import Writer


def record(
    model: Any,
    data: Any,
    *,
    to: str | Path | None = None,
    metadata: Any = None,
    labels: Any = None,
    classes: Sequence[Any] | None = None,
    groups: Any = None,
    task: str = "auto",
    layers: str | Sequence[str] = "*",
    sites: SiteName | Sequence[SiteName] = ("post",),
    position: Literal["reduce", "keep"] = "reduce",
    dtype: str | Any = None,
    batch_size: int | Literal["auto"] = "auto",
    device: Any = None,
    limit: int | None = None,
    seed: int = 0,
    on_error: Literal["raise", "skip"] = "raise",
    resume: bool = False,
    overwrite: bool = False,
    inputs: int | Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    influence: bool | Literal["auto"] = "auto",
    progress: bool | Watcher | None = None,
) -> Recording:
    """Run a model over samples and keep what every layer does, in the folder ``to``.

    ``data``: an array, tensor or DataFrame with one sample a row; a tuple ``(x, y)`` or a dict of those; a list of
    samples; a torch Dataset or DataLoader; or an iterator. Items are ``x``, ``(x, y)`` with y the label, or a dict of
    keyword inputs; ``inputs=2`` says that the first two parts are inputs. ``metadata``: a table, one row a sample.

    ``labels`` names a metadata column (or a key of dict items), or is an array; ``classes`` gives their order at the
    output, else they are sorted, or the number of the output. One output unit means sigmoid and threshold 0.5.
    ``groups`` (a column or an array) keeps samples that belong together in one half.

    ``layers`` and ``sites`` choose what is kept (names and patterns; ``pre``, ``post``); positions of images are
    reduced to mean, max and min unless ``position="keep"``. ``dtype="float16"`` halves the size. ``on_error="skip"``
    leaves out samples that cannot be read or run. ``influence`` is stored when by count of steps it should take less
    than about 30 seconds; ``rec.notes`` says when it was left out.

    ``to=None`` records into a scratch folder that is deleted at exit. Ctrl-C leaves a valid recording;
    ``resume=True`` goes on with it. The model and the global random state are left as they were.

    >>> import numpy as np, torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    >>> rec = record(net, np.eye(2), metadata={"passenger": ["Ada", "Bo"]}, labels=["no", "yes"])
    >>> list(rec.layers), rec["0"].shape, rec.task["kind"]
    (['input', '0', '2'], (2, 3), 'binary')

    Raises DataError, UnknownName, UnsupportedModel before anything is written; RecordingExists, RecordingLocked,
    RecordingWriteError from the store; what the model or the data raise, unchanged, with the samples in a note.
    """
    chosen = (sites,) if isinstance(sites, str) else sites
    options = Options(
        labels, classes, groups, task, layers, chosen, position, dtype, batch_size, device, limit, seed, on_error,
        resume, overwrite, inputs, features, influence,
    )  # fmt: skip
    target = place(to, options)
    tell = watcher(progress)
    with untouched_randomness():
        intake = take_in(data, metadata, options)
        live, source, head = live_model(model, intake, layers, device)
        intake = replace(intake, readings=(source,))
        with session(live):
            skipped = Skipped() if on_error == "skip" else None
            return _Call(live, source, intake, options, target, tell, skipped).done(head)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call of record, once the model is traced."""

    model: Model
    source: Source
    intake: Intake
    options: Options
    place: Place
    tell: Watcher
    skipped: Skipped | None

    def done(self, head: Chunk) -> Recording:
        began = time.perf_counter()
        sites = select_layers(self.model.graph, self.options.layers, self.options.sites)
        if not sites:
            raise DataError(f"layers={self.options.layers!r} chooses no layer. Give names or patterns; '*' takes all.")
        runner = Runner(self.model, sites, self.options.position, self.skipped)
        size = self._batch_size(head)
        self.source.settle()
        batches = self._batches(size, 0)
        opened = _opened(batches, runner)
        first = opened[-1][1][0]
        plan = make_plan(self.intake, self.options, self.model, sites, size, first)
        total = self.intake.total(self.source)
        card = card_of(plan, self.model, self.options, data_fingerprint(self.intake, head), total)
        arrays = plan.arrays(*first, plan.truth(first[0]), Tally())
        probes = self._probes(plan, opened[0][0])
        writer, start = self._writer(card, arrays, total)
        with kept(writer, self.place, self.tell, total):
            rest = _then(opened, self._rest(batches, plan, size * len(opened), start))
            done = record_batches(rest, runner, plan, writer, probes, self.tell, total, start, began)
            if self.skipped is not None:
                done.seen = max([done.seen, *(sample + 1 for sample in self.skipped.ids)])
            self.intake.check_end(done.seen)
            if writer is not None:
                writer.finish()
        recording, note = self._results(plan, probes, done, 0 if self.place.begun is None else self.place.begun.n)
        if self.skipped is not None and self.skipped.ids:
            note = f"; {len(self.skipped.ids):,} samples left out, the first is {min(self.skipped.ids)}{note}"
        took = time.perf_counter() - began
        message = f"recorded {recording.n:,} samples in {took:,.1f} s, {readable(recording.size)}{note}"
        self.tell(Progress("done", recording.n, recording.n, recording.n / max(took, 1e-9), recording.size, message))
        return recording

    def _batch_size(self, head: Chunk) -> int:
        if isinstance(self.options.batch_size, int):
            return self.options.batch_size
        if self.place.begun is not None:
            return int(self.place.begun.card.options["batch_size"])
        return self.source.batch_size or batch_rows(self.model.graph, head.inputs, len(head))

    def _batches(self, size: int, start: int) -> Iterator[Chunk]:
        return rebatch(upto(self.source.chunks(size, start, self.skipped), self.options.limit), size)

    def _rest(self, batches: Iterator[Chunk], plan: Plan, read: int, start: int) -> Iterator[Chunk]:
        """The batches after the ``read`` samples of the first. A data set is not read again up to where it resumes."""
        if self.place.begun is None:
            return batches
        last = max(0, start - 1) // plan.batch_size * plan.batch_size
        if isinstance(self.source, Samples) and last > read:
            batches = self._batches(plan.batch_size, last)
        return continued(batches, self.place.begun)

    def _writer(
        self, card: RecordingCard, arrays: dict[str, npt.NDArray[Any]], total: int | None
    ) -> tuple[Writer | None, int]:
        """The writer, and the number of the first sample it wants; None for a recording that is finished already."""
        static = {f"parameters/{name}": values for name, values in self.model.parameters().items()}
        fixed, row = sum(values.nbytes for values in static.values()), row_bytes(arrays)
        size = row if total is None else row * total + fixed
        said = f"about {readable(row)} a sample" if total is None else f"about {readable(size)} for {total:,} samples"
        self.tell(Progress("start", 0, total, 0.0, size, f"recording {said}, before compression"))
        begun = self.place.begun
        if begun is None:
            made = create(
                self.place.path,
                card,
                array_specs(arrays, card.graph),
                static=static,
                overwrite=self.options.overwrite,
                beside=not on_processor(self.model),
            )
            return made, 0
        check_same(begun, card)
        start = next_sample(begun)
        return (None if begun.finished else resume_writing(self.place.path, beside=not on_processor(self.model))), start

    def _probes(self, plan: Plan, first: Chunk) -> Probes | None:
        if self.options.influence is False or not isinstance(self.model, Differentiable):
            return None
        labelled = plan.task.classes is not None and plan.labels(first) is not None
        strata = len(plan.task.classes.names) if labelled and plan.task.classes is not None else 1
        return Probes(probe_count(first.inputs, len(first)), strata, self.options.seed)

    def _results(self, plan: Plan, probes: Probes | None, done: Recorded, start: int) -> tuple[Recording, str]:
        """The finished recording, with what was counted and measured on the way kept in it; and a note on that."""
        recording = open(self.place.path, writable=True)
        store_counts(recording, done, start, self.options.on_error == "skip")
        asked, seed = self.options.influence is True, self.options.seed
        try:
            note = store_influence(recording, self.model, plan, probes, self.tell, asked=asked, seed=seed)
        except KeyboardInterrupt as error:
            error.add_note(f"the recording {str(self.place.path)!r} is complete; only its influence is missing")
            raise
        return (recording if self.place.temporary else open(self.place.path)), note


def _then(opened: list[tuple[Chunk, Ready]], rest: Iterator[Chunk]) -> Iterator[tuple[Chunk, Ready | None]]:
    yield from opened
    for chunk in rest:
        yield chunk, None


def _opened(batches: Iterator[Chunk], runner: Runner) -> list[tuple[Chunk, Ready]]:
    """The first batches, up to the first one of which some sample could be run, with what the model did on them.

    Raises DataError when there is no sample, or none that runs.
    """
    opened: list[tuple[Chunk, Ready]] = []
    for chunk in batches:
        parts = list(runner.run(chunk))
        opened.append((chunk, parts))
        if parts:
            return opened
    skipped = runner.skipped
    if skipped is not None and skipped.last is not None:
        raise DataError(f"none of the {len(skipped.ids)} samples could be recorded: {skipped.last}") from skipped.last
    raise DataError("the data hold no samples.")
