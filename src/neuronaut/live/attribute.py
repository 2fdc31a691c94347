"""Attribute: what each unit of a layer adds to one answer of the model, by six methods, each with its own check."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from neuronaut.analysis.registry import canonical
from neuronaut.capture.live import session
from neuronaut.capture.probes import PROBES, drawn
from neuronaut.capture.randomness import untouched_randomness
from neuronaut.core.address import Address
from neuronaut.core.errors import DataError, UnsupportedModel, unknown
from neuronaut.core.layer import Graph
from neuronaut.core.model import Attributable, Relevance, Site
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.core.slices import where as slice_where
from neuronaut.live.attribution import methods
from neuronaut.live.attribution.ends import ends_of
from neuronaut.live.attribution.found import Attributed, attributed_result
from neuronaut.live.attribution.maps import check_mapped
from neuronaut.live.attribution.methods import Batched, Part, Question
from neuronaut.live.attribution.starts import WORDS, Source, Start, pool_size, start_of, values_at
from neuronaut.live.inputs import GivenFeed, Rows
from neuronaut.live.subject import Subject, given_subject, recorded_subject
from neuronaut.live.truth import strata_of
from neuronaut.store.recording import Recording

METHODS = ("integrated", "expected", "conductance", "gradient", "lrp", "patching")
BASELINES = {"expected": "resample", "gradient": "zero", "patching": "resample"}
"""Where these methods start, unless told otherwise; the others at the mean of the inputs, or at zeros of a layer."""
AVERAGED = 4096
"""Samples, drawn from all that there are, whose mean is a baseline."""


def attribute(
    model: Any,
    rec_or_data: Any,
    to: str,
    layer: str = "input",
    method: str = "integrated",
    where: Where = None,
    baseline: Any = None,
    data: Any = None,
    *,
    steps: int = 64,
    samples: int | None = PROBES,
    per_sample: bool = False,
    positions: bool = False,
    groups: Any = None,
    verify: int = 16,
    epsilon: float = 1e-6,
    gamma: float = 0.25,
    resamples: int = 2000,
    seed: int = 0,
    inputs: int | Sequence[str] | None = None,
) -> Result:
    """What each unit of a layer adds to one answer of the model, signed, averaged over samples.

    ``to``: the address of a unit, as ``"4:0"``, or the name of a recorded output. ``layer``: the inputs, or any layer
    before it. The samples are those of ``where``, at most ``samples`` of them (None: all), as many of each class.

    ``method``, for the values a of the layer, a baseline a' and F, the unit of ``to`` averaged over positions:
    ``"gradient"``, (a - a') dF/da, is exact where F is linear in a. ``"integrated"`` averages it on the straight way
    from a' to a, by ``steps`` Gauss-Legendre nodes, and sums to F(a) - F(a'). ``"expected"`` averages it over ``steps``
    random places, each on the way from another sample. ``"conductance"`` is what flows through a hidden layer while
    the *inputs* go from the baseline to the sample in ``steps`` pieces. ``"lrp"`` is relevance propagated down (epsilon
    rule, on convolutions the gamma rule), and sums to F but for what biases take. ``"patching"``, (a' - a) dF/da, is to
    first order the change of F when a' is put in one unit; for ``verify`` random units the true change is measured.

    ``baseline``: ``"mean"`` of all the data, whatever ``where`` says; ``"zero"``; ``"resample"`` (another sample); a
    number; or values, for inputs as one sample of the data, for a layer one number a unit. By default zero for
    gradient, another sample for expected and patching, else the mean for inputs and zero for a layer. On average over
    all the data little is left of what is measured from their mean: take a slice, another baseline, or ``mean_abs``.

    By unit (channels summed over positions): ``attribution``; ``low`` and ``high``, its bootstrap interval over samples
    (or ``groups``); ``mean_abs``; ``share``; and where it stands among all other units of the layer (``null_low``,
    ``null_high``, ``percentile``, ``null_p``): ``stands_out`` is 1 when the interval excludes 0 and it lies outside the
    central 95 % of the others; with patching ``patched``, the true change of those verified. Single numbers: ``value``
    (F), ``start`` (F at the baseline), ``difference`` (what the attributions should sum to), ``total`` (what they do),
    ``error`` and ``relative_error`` (its size by sample beside that of the difference); with lrp ``absorbed`` by biases
    and ``around`` the layer; with patching ``rank_correlation`` with the true changes and ``rank_p`` of shuffled pairs.
    ``table("sample")`` has these by sample; ``per_sample`` adds ``sample_attribution``, [sample, unit]. ``positions``,
    for a layer that has them, adds ``map``, [unit, y, x] (or [unit, position]), the mean over samples of what stands at
    each place; its sum over places is ``attribution``; with ``per_sample`` also ``sample_map``, [sample, unit, y, x].

    >>> import numpy as np, torch, neuronaut as naut
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False))
    >>> net[0].weight.data = torch.tensor([[1.0, -2.0]])
    >>> found = attribute(net, np.array([[1.0, 2.0], [3.0, 6.0]], np.float32), to="0:0", baseline="zero")
    >>> found["attribution"].round(4).tolist(), float(found["difference"])
    ([2.0, -8.0], -6.0)

    Raises AddressError, UnknownName for what is not there; DataError when model, data or baseline do not fit, the layer
    does not reach the unit, or it holds whole numbers; UnsupportedModel without derivatives, or without a rule for lrp.

    References: as in ``neuronaut.live.attribution.methods``.
    """
    check_attribution(method, baseline, steps, samples, verify, resamples, seed, (epsilon, gamma))
    _check_order(model, rec_or_data)
    rec = rec_or_data if isinstance(rec_or_data, Recording) else None
    with untouched_randomness():
        subject = _subject(model, rec_or_data, to, layer, where, data, groups, inputs)
        target, sites = ends_of(subject.model.graph, to, layer, rec)
        if positions:
            check_mapped(subject.model.graph, layer, sites)
        start = _start_word(method, subject, sites) if baseline is None else baseline
        kept: Literal["mean", "sample"] | None = None if not positions else "sample" if per_sample else "mean"
        asked = Asked(method, start, steps, verify, Relevance(epsilon, gamma), seed, kept)
        chosen = _limited(subject, samples, seed)
        found = _measure(chosen, _everything(subject, rec), target, sites, asked)
    params = {
        "to": str(target),
        "layer": layer,
        "method": method,
        "baseline": asked.spoken,
        "where": canonical(slice_where(where)),
        "samples": samples,
        "resamples": resamples,
        **asked.params,
    }
    return attributed_result(
        chosen, found, params, resamples=resamples, seed=seed, available=len(subject.rows), per_sample=per_sample
    )


def check_attribution(
    method: str,
    baseline: Any = None,
    steps: int = 1,
    samples: int | None = None,
    verify: int = 0,
    resamples: int = 1,
    seed: int = 0,
    rule: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Refuse what cannot be asked, before anything is loaded. Raises UnknownName, DataError."""
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    if isinstance(baseline, str) and baseline not in WORDS:
        raise unknown("baseline", baseline, WORDS)
    if method == "lrp" and baseline is not None:
        raise DataError("relevance (lrp) starts from no baseline. Leave out baseline=, or take method='integrated'.")
    if method == "expected" and baseline not in (None, "resample"):
        raise DataError("expected gradients draw their baselines from the data. Leave out baseline=.")
    if isinstance(baseline, (int, float)) and not np.isfinite(baseline):
        raise DataError(f"baseline={baseline} is not finite.")
    counts = {"steps": (steps, 1), "verify": (verify, 0), "resamples": (resamples, 1), "seed": (seed, 0)}
    for name, (value, least) in counts.items():
        if value < least:
            raise DataError(f"{name}={value}; give at least {least}.")
    if not all(np.isfinite(one) and one >= 0 for one in rule):
        raise DataError(f"epsilon={rule[0]} and gamma={rule[1]}; give numbers of at least 0.")
    if samples is not None and samples < 1:
        raise DataError(f"samples={samples}; give at least 1, or None for all.")


def _check_order(model: Any, rec_or_data: Any) -> None:
    if isinstance(model, Recording):
        raise DataError("the model comes first, then the recording: naut.attribute(model, rec, to).")
    if isinstance(model, (str, os.PathLike)) or isinstance(rec_or_data, (str, os.PathLike)):
        path = os.fspath(model if isinstance(model, (str, os.PathLike)) else rec_or_data)
        raise DataError(f"{path!r} is a path. Open it first: naut.attribute(model, naut.open({path!r}), to).")


def _subject(
    model: Any, rec_or_data: Any, to: str, layer: str, where: Where, data: Any, groups: Any, inputs: Any
) -> Subject:
    if isinstance(rec_or_data, Recording):
        ends_of(rec_or_data.graph, to, layer, rec_or_data)  # before the model runs
        return recorded_subject(model, rec_or_data, where, data=data, labels=None, groups=groups, inputs=inputs)
    if data is not None:
        raise DataError("data= goes beside a recording; here the data are given already.")
    return given_subject(
        model, rec_or_data, where, units=[to, layer], labels=None, classes=None, groups=groups, inputs=inputs
    )


def _start_word(method: str, subject: Subject, sites: tuple[Site, ...]) -> str | None:
    if method == "lrp":
        return None
    inputs_move = method == "conductance" or subject.model.graph[sites[0].layer].kind == "input"
    return BASELINES.get(method, "mean" if inputs_move else "zero")


def _everything(subject: Subject, rec: Recording | None) -> Rows:
    """All rows that there are, in the slice or not."""
    if rec is not None:
        return np.arange(rec.n)
    total = subject.feed.source.total if isinstance(subject.feed, GivenFeed) else None
    return subject.rows if total is None else np.arange(total)


def _limited(subject: Subject, samples: int | None, seed: int) -> Subject:
    """The subject on a seeded choice of its rows, as many of each class as there are."""
    if samples is None or len(subject.rows) <= samples:
        return subject
    kept = drawn(subject.rows.astype(np.int64), strata_of(subject.truth), samples, seed)
    groups = None if subject.groups is None else np.unique(subject.groups[kept], return_inverse=True)[1]
    truth = None if subject.truth is None else subject.truth[kept]
    return replace(subject, rows=subject.rows[kept], truth=truth, groups=groups)


@dataclass(frozen=True, slots=True)
class Asked:
    """How to attribute."""

    method: str
    baseline: Any
    steps: int
    verify: int
    rule: Relevance
    seed: int
    positions: Literal["mean", "sample"] | None = None

    @property
    def spoken(self) -> Any:
        """The baseline as it is said in the Result."""
        plain = self.baseline is None or isinstance(self.baseline, (str, int, float))
        return self.baseline if plain else "given values"

    @property
    def params(self) -> dict[str, Any]:
        if self.method == "lrp":
            return {"epsilon": self.rule.epsilon, "gamma": self.rule.gamma}
        if self.method == "patching":
            return {"verify": self.verify}
        return {} if self.method == "gradient" else {"steps": self.steps}

    @property
    def way(self) -> Callable[[Question, Batched], Part]:
        """The method, as a function of one batch."""
        if self.method == "lrp":
            return functools.partial(methods.relevance, rule=self.rule)
        way: Callable[..., Part] = getattr(methods, self.method)
        return way if self.method in ("gradient", "patching") else functools.partial(way, steps=self.steps)


def _measure(subject: Subject, pool: Rows, target: Address, sites: tuple[Site, ...], asked: Asked) -> Attributed:
    live = subject.model
    if not isinstance(live, Attributable):
        raise UnsupportedModel(
            f"{live.name} ({live.framework}) cannot be differentiated, so nothing can be attributed."
        )
    size = max(1, subject.batch // 4)  # a derivative holds several times what a pass holds
    with session(live):
        question, fixed = _question(subject, live, target, sites, asked)
        units = _some(live.graph, question, asked)
        found = Attributed(question, asked.method, fixed, _leads_around(live.graph, question), units)
        start = _start(subject, pool, question, asked, size)
        for chunk in subject.feed.batches(subject.rows, size):
            rows = np.asarray(chunk.ids, np.intp)
            own = values_at(live, chunk.inputs, question.moved)
            random = np.random.default_rng((asked.seed, int(rows[0])))
            batch = Batched(chunk.inputs, own, functools.partial(start, own, rows), random)
            part = asked.way(question, batch)
            if asked.positions is not None:
                part = found.maps.add(part, whole=asked.positions == "sample")
            found.parts.append(part)
            if units:
                found.changes.append(methods.patched(question, batch, part.value, units))
    return found


def _question(
    subject: Subject, live: Any, target: Address, sites: tuple[Site, ...], asked: Asked
) -> tuple[Question, list[str]]:
    """What is asked of the model, and the inputs that stay as they are, being whole numbers."""
    to = Site(target.layer, target.site)
    if sites == (to,):
        raise DataError(f"{target.layer!r} is the layer of '{target}' itself. Name a layer before it.")
    graph: Graph = live.graph
    inputs = tuple(Site(layer.name) for layer in graph.layers if layer.kind == "input")
    (first,) = subject.feed.batches(subject.rows[:1], 1)
    looked = sites if asked.method != "conductance" else (*sites, *inputs)
    kinds = {site: one.dtype.kind for site, one in values_at(live, first.inputs, tuple(dict.fromkeys(looked))).items()}
    chosen = tuple(site for site in sites if kinds[site] == "f")
    moved = chosen if asked.method != "conductance" else tuple(site for site in inputs if kinds[site] == "f")
    if not chosen or not moved:
        held = (chosen and inputs) or sites
        raise DataError(
            f"{' and '.join(site.layer for site in held)} holds whole numbers: nothing lies between two of them. "
            f"Attribute to a later layer (there are {', '.join(_floating(graph))})."
        )
    fixed = [site.layer for site in looked if kinds[site] != "f"]
    return Question(live, to, target.unit or 0, chosen, moved, asked.positions is not None), fixed


def _floating(graph: Graph) -> list[str]:
    return [repr(layer.name) for layer in graph.layers if layer.kind != "input" and not layer.output][:4]


def _start(subject: Subject, pool: Rows, question: Question, asked: Asked, size: int) -> Start:
    if asked.method == "lrp":
        return lambda own, rows, draw: {}
    (first,) = subject.feed.batches(subject.rows[:1], 1)
    limit = pool_size(values_at(subject.model, first.inputs, question.moved), PROBES)
    averaged, drawn = (_some_rows(pool, most, asked.seed) for most in (AVERAGED, limit))
    source = Source(subject.model, subject.feed, averaged, drawn, size)
    return start_of(source, question.moved, asked.baseline, asked.seed)


def _some_rows(rows: Rows, most: int, seed: int) -> Rows:
    return rows if len(rows) <= most else np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _some(graph: Graph, question: Question, asked: Asked) -> dict[Site, list[int]]:
    """The units of each site whose true change is measured."""
    if asked.method != "patching" or not asked.verify:
        return {}
    drawn = np.random.default_rng(asked.seed)
    counts = {site: graph[site.layer].unit_count for site in question.sites}
    return {
        site: sorted(drawn.choice(count, min(asked.verify, count), replace=False).tolist())
        for site, count in counts.items()
    }


def _leads_around(graph: Graph, question: Question) -> bool:
    """Whether a way leads from an input to the unit without passing the layer."""
    passed = {site.layer for site in question.sites}
    stack, seen = [question.target.layer], set[str]()
    while stack:
        name = stack.pop()
        if name in seen or name in passed:
            continue
        seen.add(name)
        if graph[name].kind == "input":
            return True
        stack += [edge.source for edge in graph.into(name)]
    return False
