"""The per-sample activations of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, cast

from neuronaut.core.address import Address
from neuronaut.core.layer import Layer
from neuronaut.explorer.blobs import BLOCK_BYTES, Packer
from neuronaut.explorer.contract import ActivationCard
from neuronaut.explorer.quantise import Codes, as_floats, beside, quantise
from neuronaut.explorer.rows import Rows
from neuronaut.store.activations import Activations

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

Precision = Literal["auto", "fine", "medium", "coarse", "f16", "f32"]
COARSENESS = {"fine": 0.0, "medium": 0.1, "coarse": 0.2}
"""Step of a code in standard deviations of the unit; 0 is as fine as a byte allows. A step of a fifth adds a sixth of a
percent to a standard deviation."""
FINE_VALUES, MEDIUM_VALUES = 1_000_000, 2_000_000
"""Values on a page up to which "auto" takes fine and medium codes."""
FEW_FEATURES = 64
"""So many inputs at most are the columns of a table, whose values a reader knows: on a page with room for fine codes
they stay as recorded."""
_BLOCK_VALUES = 2_000_000
_UNIT_BLOCK = 64


def activation_cards(
    rec: Recording,
    layers: Mapping[str, Layer],
    signed: Mapping[str, bool],
    rows: Rows,
    pack: Packer,
    precision: Precision,
) -> list[ActivationCard]:
    """One card for each layer (mean of its positions); layers with positions have one of their maximum too."""
    arrays = list(_arrays(rec, layers))
    units = sum(array.shape[-1] for array in arrays)
    if precision == "auto":
        precision = fitting(len(rows) * units)
    cards = []
    for array in arrays:
        codes = _codes(array, rows, precision, signed[array.layer])
        table = layers[array.layer].kind == "input" and array.shape[-1] <= FEW_FEATURES
        if table and precision == "fine" and codes.error:
            codes = _codes(array, rows, "f32", signed[array.layer])
        cards.append(_card(array, codes, pack))
    return cards


def fitting(values: int) -> Precision:
    """What "auto" means for so many values."""
    if values <= FINE_VALUES:
        return "fine"
    return "medium" if values <= MEDIUM_VALUES else "coarse"


def _arrays(rec: Recording, layers: Mapping[str, Layer]) -> Iterator[Activations]:
    for name, layer in layers.items():
        array = rec.at(Address(name))
        yield array
        if layer.position_axes:
            yield array.max


def _codes(array: Activations, rows: Rows, precision: Precision, signed: bool) -> Codes:
    if precision in ("f16", "f32"):
        return as_floats(array.read(rows), "f16" if precision == "f16" else "f32")
    coarseness = COARSENESS[precision]
    width = max(_UNIT_BLOCK, _BLOCK_VALUES // max(len(rows), 1) // _UNIT_BLOCK * _UNIT_BLOCK)
    starts = range(0, array.shape[-1], width)
    blocks = (array.read(rows, slice(start, start + width)) for start in starts)
    return beside([quantise(block, signed=signed, coarseness=coarseness) for block in blocks])


def _card(array: Activations, codes: Codes, pack: Packer) -> ActivationCard:
    count, units = codes.values.shape
    height = max(1, BLOCK_BYTES // max(units * codes.values.dtype.itemsize, 1))
    group = f"activations {array.layer} {array.reduction}"
    chunks = [pack.add(codes.values[start : start + height], group) for start in range(0, count, height)]
    return ActivationCard(
        layer=array.layer,
        site=array.site,
        reduction=cast("Literal['value']", array.reduction),
        scheme=codes.scheme,
        levels=codes.levels,
        scale=None if codes.scale is None else pack.add(codes.scale, "scales"),
        error=codes.error,
        chunks=chunks,
        rows_per_chunk=height,
        nonfinite=pack.add(codes.nonfinite, "scales") if codes.nonfinite.any() else None,
    )
