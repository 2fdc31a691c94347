"""Export: a recording as one HTML file that anyone can open, without a server and without a network."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from neuronaut.analysis.registry import opened
from neuronaut.core.errors import DataError, ExportError, unknown
from neuronaut.core.finding import Finding
from neuronaut.core.slices import Slice, where
from neuronaut.explorer.bundle import Choice, bundle
from neuronaut.explorer.contract import Manifest
from neuronaut.explorer.emptiness import empty_notes
from neuronaut.explorer.estimate import estimate
from neuronaut.explorer.html import compose, read_assets
from neuronaut.explorer.readable import write_readable
from neuronaut.explorer.values import Precision

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

WARN_BYTES = 60_000_000
MOST_BYTES = 250_000_000
_ADVICE = (
    "Serve the recording instead (neuronaut show, naut.show), or ship fewer samples (max_rows=), fewer layers "
    "(layers=), coarser values (precision='coarse'), fewer columns (columns=) or no pictures (images=False)."
)


def export(
    rec: Recording | str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    slices: Any = (),
    layers: str | Sequence[str] = "*",
    max_rows: int | None = None,
    json_dir: str | os.PathLike[str] | None = None,
    precision: Precision = "auto",
    columns: Collection[str] | None = None,
    images: bool = True,
    title: str | None = None,
    findings: Sequence[Finding] = (),
    overwrite: bool = True,
    report: Callable[[str], None] | None = None,
) -> Path:
    """Write a recording, or the one at a path, as one HTML file: the explorer with its data, no server, no network.

    The first two of ``slices`` (filter texts, dicts or Slices) become the groups A and B; exact statistics of all
    slices go along. ``precision`` is that of the samples' values: "fine" (a byte for each), "medium" and "coarse"
    (steps of a tenth and a fifth of the unit's standard deviation), "f16", "f32"; "auto" is fine up to a million
    values, medium up to two. ``max_rows`` takes a stratified part of the samples, ``columns`` only these of the
    metadata. ``json_dir`` gets network.json and statistics.json for reading. ``report`` is told in lines how large
    the page will be, before the work begins, and then what it holds and how far its values are rounded.

    Raises ExportError when the app is not built, when the page would be larger than 250 MB, or when it is there and
    ``overwrite`` is false; UnknownName or FilterError for what does not fit the recording, also for a precision that
    there is not; DataError for ``max_rows`` below 1. Warns of a slice that selects no sample, and of a page beyond
    60 MB.
    """
    _check(max_rows, precision)
    target = Path(to)
    if target.is_dir():
        raise ExportError(f"{target} is a folder. Name the file to write, for example {target / 'page.html'}.")
    if target.exists() and not overwrite:
        raise ExportError(f"{target} is there already. Choose another name, or pass overwrite=True.")
    if isinstance(rec, (str, os.PathLike)):
        from neuronaut.store.recording import open as open_recording

        rec = open_recording(rec)
    opened(rec, "export")
    assets = read_assets()
    choice = Choice(_several(slices), layers, max_rows, precision, columns, images, title, findings)
    expected = estimate(rec, choice, assets)
    if report is not None:
        report(f"about {expected / 1e3:,.0f} kB to write")
    # An estimate that is off by a quarter, five times what was seen, refuses nothing that would have fitted.
    _too_large(int(expected / 1.25))
    made = bundle(rec, choice)
    size = _write(target, compose(made.page, assets), _too_large)
    if json_dir is not None:
        write_readable(rec, made, Path(json_dir))
    for note in empty_notes(rec, map(where, choice.slices)):
        warnings.warn(note, stacklevel=2)
    if size > WARN_BYTES:
        warnings.warn(f"{target.name} has {size / 1e6:.0f} MB; browsers open it slowly. {_ADVICE}", stacklevel=2)
    if report is not None:
        report(contents(made.page.manifest, size))
        report(rounding(made.page.manifest))
    return target


def _check(max_rows: int | None, precision: str) -> None:
    if max_rows is not None and (not isinstance(max_rows, int | np.integer) or max_rows < 1):
        raise DataError(f"max_rows={max_rows!r}: give a whole number of samples, at least 1, or None for all that fit.")
    if precision not in get_args(Precision):
        raise unknown("precision", str(precision), get_args(Precision))


def contents(manifest: Manifest, size: int) -> str:
    """One line that says what a page holds, for whoever is about to pass it on."""
    samples = manifest.samples
    names = [column.name for column in samples.columns if column.source == "metadata"]
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    rows = f"{samples.n:,}" if samples.n == samples.total else f"{samples.n:,} of {samples.total:,}"
    layers = len(manifest.model.layers)
    pictures = ", with pictures" if samples.preview else ""
    return f"{size / 1e3:,.0f} kB: {layers} layers, {rows} samples{pictures}, columns {shown or 'none'}"


def rounding(manifest: Manifest) -> str:
    """How far the samples' values on a page are from the recorded ones; its statistics are exact."""
    worst = max(manifest.activations, key=lambda card: card.error, default=None)
    if worst is None or worst.error == 0:
        return "the samples' values are the recorded ones"
    scheme = {"u8": "a byte", "i8": "a byte", "f16": "half precision"}.get(worst.scheme, worst.scheme)
    bound = f"{worst.error:.2g} ({worst.layer})"
    return f"the samples' values, {scheme} each, are off by at most {bound}; statistics are exact"


def _several(slices: Any) -> list[Any]:
    """The slices as a list: one may be given by itself, also as a mask or as row numbers."""
    if slices is None:
        return []
    one = isinstance(slices, str | Mapping | Slice) or getattr(slices, "ndim", 0) > 0
    return [slices] if one else list(slices)


def _too_large(size: int) -> None:
    if size > MOST_BYTES:
        raise ExportError(f"the page would be larger than {MOST_BYTES // 10**6} MB, more than browsers open. {_ADVICE}")


def _write(target: Path, pieces: Iterable[bytes], check: Callable[[int], None]) -> int:
    """Write beside the target, then take its place: a reader sees the old page or the new one, never half of one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part, size = target.with_name(f".neuronaut-{secrets.token_hex(8)}.part"), 0
    try:
        with part.open("xb") as file:
            for piece in pieces:
                size += len(piece)
                check(size)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return size
