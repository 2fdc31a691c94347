"""Match: which unit of one network answers as which unit of another, and whether held-out samples agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.match_notes import alone_notes, pairing_notes, said
from neuronaut.analysis.measures.alignment import linear_cka
from neuronaut.analysis.measures.margins import Margins, margins
from neuronaut.analysis.measures.matching import HeldOut, assigned, best, correlations, held_out
from neuronaut.analysis.measures.matrices import rows_of, thinned
from neuronaut.analysis.measures.paired import changes
from neuronaut.analysis.recorded import chosen, named, unit_coords, units_of
from neuronaut.analysis.registry import analysis, opened
from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.analysis.shared import Shared, shared_samples
from neuronaut.analysis.statistics.two_groups import FEWEST, SIGNIFICANT, benjamini_hochberg
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

PAIRS = 1 << 25
"""Pairs of units of two layers that are held at a time."""
VALUES = 1 << 26
"""Numbers of two layers that are held at a time; larger ones are looked at on fewer samples, and that is said."""
HELD = (
    "heldout", "heldout_low", "heldout_high", "null", "p", "again",
    "runner_up_heldout", "margin", "margin_low", "margin_high", "distinct",
)  # fmt: skip
Table = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class _Samples:
    """The samples that are looked at: which rows of either recording, in which half, group and slice."""

    rows: Int[np.ndarray, "sample"]
    others: Int[np.ndarray, "sample"]
    half: Int[np.ndarray, "sample"]
    groups: Int[np.ndarray, "sample"] | None
    inside: Bool[np.ndarray, "sample"]

    def only(self, keep: Bool[np.ndarray, "sample"]) -> _Samples:
        groups = None if self.groups is None else self.groups[keep]
        return _Samples(self.rows[keep], self.others[keep], self.half[keep], groups, self.inside[keep])

    @property
    def held(self) -> bool:
        """Whether both halves have enough independent pieces, so that what one shows can be checked on the other."""
        pieces = np.arange(len(self.half)) if self.groups is None else self.groups
        return min(len(np.unique(pieces[self.half == half])) for half in (0, 1)) >= FEWEST


@dataclass(slots=True)
class _Found:
    """What is known of one layer and its counterpart: by unit, by the other's unit, and of the two as a whole."""

    units: Table
    others: Table
    whole: Table
    notes: list[str] = field(default_factory=list)


@analysis(version=3)
def match(
    rec: Recording,
    other: Recording,
    layers: str | Sequence[str] | None = None,
    other_layers: str | Sequence[str] | None = None,
    *,
    where: Where = None,
    site: str = "post",
    reduction: str = "mean",
    shuffles: int = 999,
    seed: int = 0,
) -> Result:
    """Which unit of another recording answers as each unit of this one, found on half 0 and checked on half 1.

    Two recordings of the same samples, by two trainings or two networks: each unit of a layer gets at most one partner,
    so that the sum of the correlations over half 0 of the shared samples is largest. ``layers`` are matched with the
    layers of ``other`` of the same names, or with ``other_layers``, one for one; without either, all that both have,
    inputs apart. Samples are the same when their ids are; recordings of different data are refused.

    Along ``unit``, the units of ``rec``: ``candidate``, an address of ``other`` that half 0 suggests, and ``partner``,
    the same where the held-out half agrees (q < .05), else empty; ``correlation`` over all shared samples, ``found`` on
    half 0, ``heldout`` on half 1 with its 95 % interval, ``heldout_low heldout_high``, the wider of Fisher's and one
    that assumes no distribution; ``null``, what 95 % of ``shuffles`` of the samples stay below, ``p`` and ``q`` of the
    held-out correlation. ``runner_up`` is the next best on half 0, ``runner_up_heldout`` its correlation on half 1, and
    ``margin`` (``margin_low``, ``margin_high``) what the partner has more there: ``distinct`` where that is above 0
    beyond chance, for the unit and for its partner, and ``replicated`` where q < .05 and the pair is distinct.
    ``again``: whether half 1 alone gives the same partner; ``best``, the unit that correlates most whoever else it
    suits, ``best_correlation``, and ``mutual`` where that holds both ways. Along ``other_unit`` the same seen from
    ``other``. Along ``layers``: ``other_layer``, ``cka`` and ``debiased`` between the two, ``replication_rate``. With
    few samples in a half, nothing is held out: the partners are found on all. Of positions (of convolutions) a unit has
    the ``reduction``: their mean, or "max".

    For the slice ``where`` (a filter of ``rec``): ``mean`` and ``other_mean``; ``level`` and ``other_level``, means in
    the unit's own standard deviations; ``auroc`` and ``other_auroc``, how well either tells the slice from the rest;
    ``level_change`` and ``auroc_change`` with paired 95 % intervals. Correlations keep their sign: a unit that is its
    partner's opposite is no match. A constant unit has none.

    >>> import torch, neuronaut as naut
    >>> one, other = (torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()) for _ in range(2))
    >>> with torch.no_grad():  # the same network, its units in another order
    ...     for mine, theirs in zip(one.parameters(), other.parameters()):
    ...         _ = mine.copy_(torch.arange(1.0, mine.numel() + 1).reshape(mine.shape).sin())
    ...         _ = theirs.copy_(mine[[2, 0, 1]])
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> recs = [naut.record(net, x, metadata={"row": range(100)}) for net in (one, other)]
    >>> match(*recs, "0")["partner"].tolist()
    ['0:1', '0:2', '0:0']

    Raises DataError with fewer than 20 samples in common, for different data, and for layers too large to be paired.
    References: Li et al., Convergent learning: do different neural networks learn the same representations?, ICLR 2016
    (bipartite and one-sided matching); formulas: the modules ``likeness``, ``margins``, ``matching`` and ``paired`` of
    ``analysis.measures``.
    """
    opened(other, "match")
    _check(rec, other, shuffles, seed)
    pairs = _paired(rec, other, layers, other_layers, site, reduction)
    shared = shared_samples(rec, other)
    group = group_of(rec, where)
    samples = _samples(rec, other, shared, group.mask)
    parts = [_of(rec, other, one, two, samples, where is not None, shuffles, seed) for one, two in pairs]
    mine, theirs = unit_coords(rec, [one for one, _ in pairs]), unit_coords(other, [two for _, two in pairs])
    units, back, whole = _judged(parts, pairs, mine["unit"], theirs["unit"])
    about = said((rec.n, other.n), samples.held, samples.half, samples.groups, samples.inside, where is not None)
    n = {"shared": len(samples.rows)} | ({} if where is None else {group.name: int(samples.inside.sum())})
    return Result(
        "match",
        units | back | whole,
        dict.fromkeys(units, ("unit",)) | dict.fromkeys(back, ("other_unit",)) | dict.fromkeys(whole, ("layers",)),
        {**mine, "other_unit": theirs["unit"], "layers": [one.layer for one, _ in pairs]},
        n=n,
        seed=seed,
        notes=(
            *shared.notes,
            *notes_on([group]),
            *about,
            *(note for part in parts for note in part.notes),
            *pairing_notes(units, pairs),
        ),
    )


def _check(rec: Recording, other: Recording, shuffles: int, seed: int) -> None:
    if rec.id == other.id:
        raise DataError(f"{rec.path.name} was to be matched with itself. Give the recording of another network.")
    if shuffles < 0 or 0 < shuffles < 19:
        raise DataError(f"{shuffles} shuffles cannot give a p below .05. Ask for 0, or 19 at least; 999 is usual.")
    if seed < 0:
        raise DataError(f"a seed is a whole number from 0 on; got {seed}.")


def _paired(
    rec: Recording,
    other: Recording,
    layers: str | Sequence[str] | None,
    other_layers: str | Sequence[str] | None,
    site: str,
    reduction: str,
) -> list[tuple[Activations, Activations]]:
    """Which layer is matched with which."""
    if layers is None and other_layers is not None:
        raise DataError("other_layers says with what to match, not what: give layers too.")
    if layers is None:
        names = [name for name, card in rec.layers.items() if card.kind != "input" and name in other.layers]
        if not names:
            raise DataError(
                f"no layer of {rec.path.name} has the name of one of {other.path.name}. Say which belong together: "
                f"layers={next(iter(rec.layers), '')!r}, other_layers={next(iter(other.layers), '')!r}."
            )
    else:
        names = _in_order(rec, layers)
        if not names:
            raise DataError("an empty list of layers was given. Name at least one, or leave it out for all.")
    theirs = names if other_layers is None else _in_order(other, other_layers)
    if len(names) != len(theirs):
        raise DataError(f"{len(names)} layers beside {len(theirs)}: name them one for one.")
    found = [
        (one, two)
        for name, another in zip(names, theirs, strict=True)
        for one, two in [(*chosen(rec, [name], site, reduction), *chosen(other, [another], site, reduction))]
    ]
    for one, two in found:
        if units_of(one) * units_of(two) > PAIRS:
            raise DataError(
                f"{one.layer!r} and {two.layer!r} make {units_of(one):,} x {units_of(two):,} pairs of units, more than "
                f"{PAIRS:,}. Give smaller layers."
            )
    return found


def _in_order(rec: Recording, layers: str | Sequence[str]) -> list[str]:
    """The layers as they were told, each once."""
    told = [layers] if isinstance(layers, str) else list(layers)
    return list(dict.fromkeys(name for one in told for name in named(rec, one)))


def _samples(rec: Recording, other: Recording, shared: Shared, inside: Bool[np.ndarray, "sample"]) -> _Samples:
    groups = None
    for one, rows in ((rec, shared.rows), (other, shared.others)):
        if groups is None and one.groups is not None:
            groups, half = one.groups[rows].astype(np.int64), one.half[rows].astype(np.int64)
    if groups is None:
        half = rec.half[shared.rows].astype(np.int64)
    return _Samples(shared.rows, shared.others, half, groups, inside[shared.rows])


def _of(
    rec: Recording,
    other: Recording,
    one: Activations,
    two: Activations,
    samples: _Samples,
    sliced: bool,
    shuffles: int,
    seed: int,
) -> _Found:
    notes = []
    kept = thinned(np.ones(len(samples.rows), bool), max(FEWEST, VALUES // (units_of(one) + units_of(two))), seed)
    if not kept.all():
        notes.append(f"{one.layer}: looked at on {int(kept.sum()):,} of {len(kept):,} samples, drawn by the seed.")
        samples = samples.only(kept)
    x, y = rows_of(one, rec.n, samples.rows), rows_of(two, other.n, samples.others)
    whole = correlations(x, y)
    first = samples.half == 0
    found = correlations(x[first], y[first]) if samples.held else whole
    partner = assigned(found)
    units, others = _table(partner, found, whole, x, y, samples, shuffles, seed)
    if sliced:
        units |= _spread(
            partner, changes(x[:, partner >= 0], y[:, partner[partner >= 0]], samples.inside, samples.groups)
        )
        with np.errstate(invalid="ignore"):
            units["mean"] = x[samples.inside].mean(0) if samples.inside.any() else np.full(len(partner), np.nan)
            means = y[samples.inside].mean(0) if samples.inside.any() else np.full(y.shape[1], np.nan)
        units["other_mean"] = np.where(partner >= 0, means[partner], np.nan)
    notes += alone_notes(rec.path.name, unit_coords(rec, [one])["unit"], whole, x)
    notes += alone_notes(other.path.name, unit_coords(other, [two])["unit"], whole.T, y)
    clean = [each[:, np.isfinite(each).all(0)] for each in (x, y)]
    alike = {"cka": linear_cka(*clean), "debiased": linear_cka(*clean, unbiased=True)}
    table = {name: np.array([value]) for name, value in alike.items()} | {"other_layer": np.array([two.layer])}
    return _Found(units, others, table, notes)


def _table(
    partner: Int[np.ndarray, "unit"],
    found: Float[np.ndarray, "unit other"],
    whole: Float[np.ndarray, "unit other"],
    x: Num[np.ndarray, "sample unit"],
    y: Num[np.ndarray, "sample other"],
    samples: _Samples,
    shuffles: int,
    seed: int,
) -> tuple[Table, Table]:
    """Who is whose partner and best, and how sure: by unit, and by the other's unit."""
    there, second = partner >= 0, samples.half == 1
    held: dict[str, np.ndarray] = {}
    back = np.full(whole.shape[1], -1, np.int64)
    back[partner[there]] = np.flatnonzero(there)
    if samples.held:
        groups = None if samples.groups is None else samples.groups[second]
        checked = held_out(x[second][:, there], y[second][:, partner[there]], groups, shuffles, seed)
        held = _spread(partner, _columns(checked))
        again = correlations(x[second], y[second])
        held["again"] = np.where(there, assigned(again) == partner, np.nan)
        ahead = margins(partner, found, x[second], y[second], groups)
        behind = margins(back, found.T, y[second], x[second], groups)
        held |= _ahead(partner, ahead, behind)
    mine, theirs = best(whole), best(whole.T)
    empty = np.full(len(partner), np.nan)
    units = {
        "candidate": partner,
        "partner": partner,
        "runner_up": held.get("runner_up", np.full(len(partner), -1, np.int64)),
        "correlation": np.where(there, whole[np.arange(len(partner)), partner], np.nan),
        "found": np.where(there, found[np.arange(len(partner)), partner], np.nan),
        **{name: held.get(name, empty) for name in HELD},
        "best": mine[0],
        "best_correlation": mine[1],
    }
    return units, {"other_partner": back, "other_best": theirs[0], "other_best_correlation": theirs[1]}


def _judged(
    parts: Sequence[_Found],
    pairs: Sequence[tuple[Activations, Activations]],
    mine: Sequence[str],
    theirs: Sequence[str],
) -> tuple[Table, Table, Table]:
    """The tables of all layers together, judged as one question: by unit, by the other's unit, by layer."""
    units = _joined([part.units for part in parts])
    _judge(units)
    _dismiss(units, parts)
    _addressed(units, parts, pairs, theirs, ("candidate", "runner_up", "best"))
    units["partner"] = np.where(units["partner"] >= 0, units["candidate"], "")
    back = _joined([part.others for part in parts])
    _addressed(back, parts, pairs, mine, ("other_partner", "other_best"), back=True)
    units["mutual"] = _mutual(units, back, mine, theirs)
    whole = _joined([part.whole for part in parts])
    whole["replication_rate"] = _rates(units, [units_of(one) for one, _ in pairs])
    return units, back, whole


def _columns(held: HeldOut) -> Table:
    alike = {"heldout": held.alike.r, "heldout_low": held.alike.low, "heldout_high": held.alike.high}
    return alike | {"null": held.null, "p": held.p}


def _ahead(partner: Int[np.ndarray, "unit"], mine: Margins, theirs: Margins) -> Table:
    """How far ahead of others each pair is; distinct where it is for either of the two."""
    both = np.minimum(mine.ahead(), theirs.ahead()[partner])
    return {
        "runner_up": mine.rival,
        "runner_up_heldout": mine.r,
        "margin": mine.margin,
        "margin_low": mine.low,
        "margin_high": mine.high,
        "distinct": np.where(partner >= 0, both, np.nan),
    }


def _spread(partner: Int[np.ndarray, "unit"], pairs: Table) -> Table:
    """Values of the units that have a partner, NaN for the others."""
    spread = {name: np.full(len(partner), np.nan) for name in pairs}
    for name, values in pairs.items():
        spread[name][partner >= 0] = values
    return spread


def _joined(parts: Sequence[Table]) -> Table:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _judge(units: Table) -> None:
    """q and replication over all units of the question."""
    units["q"] = benjamini_hochberg(units["p"])
    held = (units["q"] < SIGNIFICANT) & (units["distinct"] != 0)
    units["replicated"] = np.where(np.isnan(units["q"]), np.nan, held.astype(np.float64))


def _dismiss(units: Table, parts: Sequence[_Found]) -> None:
    """Candidates that the held-out half does not confirm are nobody's partners."""
    not_held = units["q"] >= SIGNIFICANT
    units["partner"] = np.where(not_held, -1, units["candidate"])
    units["again"] = np.where(not_held, np.nan, units["again"])
    start = 0
    for part in parts:
        size = len(part.units["candidate"])
        dropped = np.flatnonzero(not_held[start : start + size])
        part.others["other_partner"][np.isin(part.others["other_partner"], dropped)] = -1
        start += size


def _addressed(
    table: Table,
    parts: Sequence[_Found],
    pairs: Sequence[tuple[Activations, Activations]],
    addresses: Sequence[str],
    names: Sequence[str],
    *,
    back: bool = False,
) -> None:
    """Numbers within a layer become addresses."""
    start = 0
    texts: dict[str, list[str]] = {name: [] for name in names}
    for part, pair in zip(parts, pairs, strict=True):
        held = part.others if back else part.units
        for name in names:
            texts[name] += [addresses[start + place] if place >= 0 else "" for place in held[name].tolist()]
        start += units_of(pair[0] if back else pair[1])
    table |= {name: np.array(found, dtype=str) for name, found in texts.items()}


def _mutual(units: Table, back: Table, mine: Sequence[str], theirs: Sequence[str]) -> Float[np.ndarray, "unit"]:
    towards = dict(zip(theirs, back["other_best"].tolist(), strict=True))
    return np.array(
        [float(towards[best] == at) if best else np.nan for at, best in zip(mine, units["best"].tolist(), strict=True)]
    )


def _rates(units: Table, sizes: Sequence[int]) -> Float[np.ndarray, "layer"]:
    """The share of the matched units of each layer whose match held; NaN where none could be checked."""
    rates = []
    for part in np.split(units["replicated"], np.cumsum(sizes)[:-1]):
        known = part[~np.isnan(part)]
        rates.append(known.mean() if known.size else np.nan)
    return np.array(rates, float)
