"""The data contract of the explorer, version 1: what one page, server or notebook widget hands to the app.

Defined here once. ``scripts/generate_contract.py`` writes ``web/src/contract/schema.json`` and the TypeScript types and
validator from it. JSON keys are camelCase. Arrays travel apart as *blobs* (named typed arrays, little-endian, C order),
packed into *blocks* (what is compressed and carried as one piece, at most 4 MB raw).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from typing_extensions import TypeAliasType

FORMAT: Final = "neuronaut-view"
VERSION: Final = 1


def well_formed(text: object) -> object:
    """The text without lone surrogates, which neither UTF-8 nor readers of JSON take.

    >>> well_formed("a\\ud800b")
    'a\ufffdb'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(well_formed)]
BlobId = TypeAliasType("BlobId", Annotated[str, Field(pattern=r"^b[0-9]+$")])
BlockId = TypeAliasType("BlockId", Annotated[str, Field(pattern=r"^k[0-9]+$")])
Dtype = TypeAliasType("Dtype", Literal["u8", "i8", "u16", "i16", "u32", "i32", "f16", "f32", "f64"])
Count = Annotated[int, Field(ge=0)]


class Card(BaseModel):
    """Base of all cards: frozen, camelCase outside, no keys beyond those declared, no NaN in the JSON."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False
    )


class LayerCard(Card):
    """A layer of the model as it ran. ``label`` is friendlier than ``name`` and never used as a key."""

    name: Text
    label: Text
    kind: Text
    unit_word: Literal["neuron", "channel", "feature"]
    activation: Text | None
    operator: Text
    module: Text | None
    units: Count
    rank: Count
    position: list[Count]
    unit_names: list[Text] | None
    signed: bool = Field(description="values at post may be negative")
    output: bool
    parametrised: bool


class Weights(Card):
    """The union of the k strongest incoming and outgoing weights of each unit, by falling absolute value."""

    k: Count
    count: Count
    source: BlobId
    target: BlobId
    value: BlobId = Field(description="signed: f32 or f16 [count]")


class EdgeCard(Card):
    """What flows from one layer into another; ``weights`` is null where the edge is structural only."""

    source: Text
    target: Text
    kind: Literal["linear", "scaled", "nonlinear"]
    weights: Weights | None
    full: BlobId | None = Field(description="f32 [source unit, target unit], for small pairs when asked")


class ModelCard(Card):
    name: Text
    framework: Text
    layers: list[LayerCard]
    edges: list[EdgeCard]


class ColumnCard(Card):
    """One column to filter by. Text is dictionary-coded: i32 codes into ``values``, -1 is null. Bool: u8 0, 1, 255.

    Many or long texts travel as ``texts``, a JSON list in UTF-8; a DataSource puts them into ``values``.
    """

    name: Text
    type: Literal["number", "text", "bool"]
    source: Literal["metadata", "output"]
    data: BlobId
    nulls: BlobId | None = Field(description="u8 [row], 1 is null; numbers only")
    values: list[Text] | None
    texts: BlobId | None = Field(description="u8: JSON list")


class PreviewCard(Card):
    """Small images of the samples: u8 [rows, y, x, channel] chunks."""

    blobs: list[BlobId]
    height: Count
    width: Count
    channels: Count
    rows_per_chunk: Annotated[int, Field(ge=1)]


class SamplesCard(Card):
    """The rows on this page: ``n`` of ``total``. ``ids`` u32 [row]; ``half`` u8 [row]."""

    n: Count
    total: Count
    grouped: bool = Field(description="samples come in groups that are not independent")
    kind: Literal["table", "images", "texts"]
    ids: BlobId
    half: BlobId
    columns: list[ColumnCard]
    unlisted: list[Text] | None = Field(default=None, description="columns that are asked for by name; null is none")
    preview: PreviewCard | None


class TaskCard(Card):
    kind: Literal["binary", "classes", "regression", "none"]
    classes: list[Text] | None
    label: Text | None


class ActivationCard(Card):
    """Per-sample values of a layer, [rows, unit] in chunks: value = code * scale of the unit.

    u8: codes 0..254, 255 marks a value that was not finite; i8: codes -127..127, -128 marks one. Only zero is 0. f16,
    f32: as they are. ``levels`` is the largest code that occurs, 0 for f16 and f32.
    ``error`` is the largest absolute error over all units and rows that the encoding makes.
    """

    layer: Text
    site: Literal["pre", "post"]
    reduction: Literal["value", "mean", "max", "min"]
    scheme: Literal["u8", "i8", "f16", "f32"]
    levels: Count
    scale: BlobId | None
    error: Annotated[float, Field(ge=0)]
    chunks: list[BlobId]
    rows_per_chunk: Annotated[int, Field(ge=1)]
    nonfinite: BlobId | None = Field(description="u32 [unit]: how many values were not finite; null is none at all")


class SliceCard(Card):
    """Exact statistics of one slice: per layer f32 [6, unit] = n, mean, meanAbs, sd, firingRate, max.

    The first slice is always ``all``, with an empty expression. ``n`` counts every row of the recording.
    """

    name: Text
    expression: Text
    kind: Literal["all", "named", "category"]
    n: Count
    stats: dict[Text, BlobId]


class ComparisonCard(Card):
    """Exact comparison of slice ``a`` with slice ``b`` (null: its opposite, ``not (a)``).

    Per layer f32, or f64 where p or q are too small for that, [8, unit] = difference, g, gLow, gHigh, auroc, p, q,
    replicated (0, 1 or NaN).
    """

    a: Count
    b: Count | None
    stats: dict[Text, BlobId]


class Strongest(Card):
    """For each unit of one side, the k units of the other with the largest absolute effect: [unit, k]."""

    k: Count
    index: BlobId
    value: BlobId


class InfluenceCard(Card):
    """Effect of the units of ``source`` on those of ``target``; ``full`` f32 [source unit, target unit].

    Means over ``n`` probe samples.
    """

    source: Text
    target: Text
    n: int
    full: BlobId | None
    forward: Strongest | None = Field(description="by source unit")
    backward: Strongest | None = Field(description="by target unit")


class MapsCard(Card):
    """The mean map of every channel of a layer over all samples, shrunk to fit: u8 [unit, height, width].

    ``scale`` f32 [2, unit]: the value of code 0, and the step of a code. Code 255 marks a place without finite values.
    ``full`` is the size of the map as recorded.
    """

    layer: Text
    site: Literal["pre", "post"]
    height: Count
    width: Count
    full: list[Count]
    n: Count
    data: BlobId
    scale: BlobId


class ValueCard(Card):
    """One array of a Result and the names of its axes. ``texts``: the data are codes into it."""

    dims: list[Text]
    data: BlobId
    texts: list[Text] | None


class ResultCard(Card):
    """What an analysis found, under the names that Python gives it.

    The axis ``unit`` runs through all units of ``layers``, one layer after the other; the labels of other axes are in
    ``coords``. ``params`` is JSON: what was asked.
    """

    name: Text
    params: Text
    layers: list[Text]
    coords: dict[Text, list[Text]]
    values: dict[Text, ValueCard]
    n: dict[Text, Count]
    notes: list[Text]


class FindingCard(Card):
    claim: Text
    at: Text
    hash: Text


class ViewCard(Card):
    """What the page shows first."""

    a: Text | None = None
    b: Text | None = None
    colour: Literal["signed", "abs", "ab"] | None = None


class BlobCard(Card):
    """A typed array: where it lies inside its block, in bytes after decompression.

    ``layout`` tells in which order its bytes lie there, chosen to compress well: ``rows`` is C order; ``columns`` a
    matrix of bytes column by column; ``planes`` all first bytes of the numbers, then all second bytes, and so on;
    ``deltas`` the same of the differences of consecutive whole numbers. Whoever reads a blob gets C order.
    """

    dtype: Dtype
    shape: list[Count]
    layout: Literal["rows", "columns", "planes", "deltas"]
    block: BlockId
    offset: Count


class BlockCard(Card):
    """One carried piece: ``raw`` bytes once decompressed, ``bytes`` as carried (before it becomes text)."""

    codec: Literal["gzip", "none"]
    bytes: Count
    raw: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(Card):
    """Everything but the arrays."""

    format: Literal["neuronaut-view"]
    version: Literal[1]
    id: Text
    title: Text
    created: Text
    app_version: Text
    model: ModelCard
    samples: SamplesCard
    task: TaskCard
    activations: list[ActivationCard]
    maps: list[MapsCard] = Field(description="layers whose maps were recorded, position='keep'")
    slices: list[SliceCard]
    comparisons: list[ComparisonCard]
    influence: list[InfluenceCard]
    results: list[ResultCard]
    findings: list[FindingCard]
    view: ViewCard
    notes: list[Text] = Field(description="what a reader should know, for example that rows were sampled")
    blobs: dict[BlobId, BlobCard]
    blocks: dict[BlockId, BlockCard]

    def to_json(self) -> str:
        """Compact JSON with camelCase keys."""
        return self.model_dump_json(by_alias=True)
