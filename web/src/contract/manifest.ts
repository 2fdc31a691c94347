// Written by scripts/generate_contract.py from src/neuronaut/explorer/contract.py: change it there.

export const FORMAT = "neuronaut-view"
export const VERSION = 1

/**
 * Per-sample values of a layer, [rows, unit] in chunks: value = code * scale of the unit.
 *
 * u8: codes 0..254, 255 marks a value that was not finite; i8: codes -127..127, -128 marks one. Only zero is 0. f16,
 * f32: as they are. ``levels`` is the largest code that occurs, 0 for f16 and f32.
 * ``error`` is the largest absolute error over all units and rows that the encoding makes.
 */
export interface ActivationCard {
  readonly layer: string
  readonly site: "pre" | "post"
  readonly reduction: "value" | "mean" | "max" | "min"
  readonly scheme: "u8" | "i8" | "f16" | "f32"
  readonly levels: number
  readonly scale: BlobId | null
  readonly error: number
  readonly chunks: readonly BlobId[]
  readonly rowsPerChunk: number
  /** u32 [unit]: how many values were not finite; null is none at all */
  readonly nonfinite: BlobId | null
}

/**
 * A typed array: where it lies inside its block, in bytes after decompression.
 *
 * ``layout`` tells in which order its bytes lie there, chosen to compress well: ``rows`` is C order; ``columns`` a
 * matrix of bytes column by column; ``planes`` all first bytes of the numbers, then all second bytes, and so on;
 * ``deltas`` the same of the differences of consecutive whole numbers. Whoever reads a blob gets C order.
 */
export interface BlobCard {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly layout: "rows" | "columns" | "planes" | "deltas"
  readonly block: BlockId
  readonly offset: number
}

export type BlobId = string

/** One carried piece: ``raw`` bytes once decompressed, ``bytes`` as carried (before it becomes text). */
export interface BlockCard {
  readonly codec: "gzip" | "none"
  readonly bytes: number
  readonly raw: number
  readonly sha256: string
}

export type BlockId = string

/**
 * One column to filter by. Text is dictionary-coded: i32 codes into ``values``, -1 is null. Bool: u8 0, 1, 255.
 *
 * Many or long texts travel as ``texts``, a JSON list in UTF-8; a DataSource puts them into ``values``.
 */
export interface ColumnCard {
  readonly name: string
  readonly type: "number" | "text" | "bool"
  readonly source: "metadata" | "output"
  readonly data: BlobId
  /** u8 [row], 1 is null; numbers only */
  readonly nulls: BlobId | null
  readonly values: readonly string[] | null
  /** u8: JSON list */
  readonly texts: BlobId | null
}

/**
 * Exact comparison of slice ``a`` with slice ``b`` (null: its opposite, ``not (a)``).
 *
 * Per layer f32, or f64 where p or q are too small for that, [8, unit] = difference, g, gLow, gHigh, auroc, p, q,
 * replicated (0, 1 or NaN).
 */
export interface ComparisonCard {
  readonly a: number
  readonly b: number | null
  readonly stats: Readonly<Record<string, BlobId>>
}

export type Dtype = "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f16" | "f32" | "f64"

/** What flows from one layer into another; ``weights`` is null where the edge is structural only. */
export interface EdgeCard {
  readonly source: string
  readonly target: string
  readonly kind: "linear" | "scaled" | "nonlinear"
  readonly weights: Weights | null
  /** f32 [source unit, target unit], for small pairs when asked */
  readonly full: BlobId | null
}

export interface FindingCard {
  readonly claim: string
  readonly at: string
  readonly hash: string
}

/**
 * Effect of the units of ``source`` on those of ``target``; ``full`` f32 [source unit, target unit].
 *
 * Means over ``n`` probe samples.
 */
export interface InfluenceCard {
  readonly source: string
  readonly target: string
  readonly n: number
  readonly full: BlobId | null
  /** by source unit */
  readonly forward: Strongest | null
  /** by target unit */
  readonly backward: Strongest | null
}

/** A layer of the model as it ran. ``label`` is friendlier than ``name`` and never used as a key. */
export interface LayerCard {
  readonly name: string
  readonly label: string
  readonly kind: string
  readonly unitWord: "neuron" | "channel" | "feature"
  readonly activation: string | null
  readonly operator: string
  readonly module: string | null
  readonly units: number
  readonly rank: number
  readonly position: readonly number[]
  readonly unitNames: readonly string[] | null
  /** values at post may be negative */
  readonly signed: boolean
  readonly output: boolean
  readonly parametrised: boolean
}

/**
 * The mean map of every channel of a layer over all samples, shrunk to fit: u8 [unit, height, width].
 *
 * ``scale`` f32 [2, unit]: the value of code 0, and the step of a code. Code 255 marks a place without finite values.
 * ``full`` is the size of the map as recorded.
 */
export interface MapsCard {
  readonly layer: string
  readonly site: "pre" | "post"
  readonly height: number
  readonly width: number
  readonly full: readonly number[]
  readonly n: number
  readonly data: BlobId
  readonly scale: BlobId
}

export interface ModelCard {
  readonly name: string
  readonly framework: string
  readonly layers: readonly LayerCard[]
  readonly edges: readonly EdgeCard[]
}

/** Small images of the samples: u8 [rows, y, x, channel] chunks. */
export interface PreviewCard {
  readonly blobs: readonly BlobId[]
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly rowsPerChunk: number
}

/**
 * What an analysis found, under the names that Python gives it.
 *
 * The axis ``unit`` runs through all units of ``layers``, one layer after the other; the labels of other axes are in
 * ``coords``. ``params`` is JSON: what was asked.
 */
export interface ResultCard {
  readonly name: string
  readonly params: string
  readonly layers: readonly string[]
  readonly coords: Readonly<Record<string, readonly string[]>>
  readonly values: Readonly<Record<string, ValueCard>>
  readonly n: Readonly<Record<string, number>>
  readonly notes: readonly string[]
}

/** The rows on this page: ``n`` of ``total``. ``ids`` u32 [row]; ``half`` u8 [row]. */
export interface SamplesCard {
  readonly n: number
  readonly total: number
  /** samples come in groups that are not independent */
  readonly grouped: boolean
  readonly kind: "table" | "images" | "texts"
  readonly ids: BlobId
  readonly half: BlobId
  readonly columns: readonly ColumnCard[]
  /** columns that are asked for by name; null is none */
  readonly unlisted: readonly string[] | null
  readonly preview: PreviewCard | null
}

/**
 * Exact statistics of one slice: per layer f32 [6, unit] = n, mean, meanAbs, sd, firingRate, max.
 *
 * The first slice is always ``all``, with an empty expression. ``n`` counts every row of the recording.
 */
export interface SliceCard {
  readonly name: string
  readonly expression: string
  readonly kind: "all" | "named" | "category"
  readonly n: number
  readonly stats: Readonly<Record<string, BlobId>>
}

/** For each unit of one side, the k units of the other with the largest absolute effect: [unit, k]. */
export interface Strongest {
  readonly k: number
  readonly index: BlobId
  readonly value: BlobId
}

export interface TaskCard {
  readonly kind: "binary" | "classes" | "regression" | "none"
  readonly classes: readonly string[] | null
  readonly label: string | null
}

/** One array of a Result and the names of its axes. ``texts``: the data are codes into it. */
export interface ValueCard {
  readonly dims: readonly string[]
  readonly data: BlobId
  readonly texts: readonly string[] | null
}

/** What the page shows first. */
export interface ViewCard {
  readonly a: string | null
  readonly b: string | null
  readonly colour: "signed" | "abs" | "ab" | null
}

/** The union of the k strongest incoming and outgoing weights of each unit, by falling absolute value. */
export interface Weights {
  readonly k: number
  readonly count: number
  readonly source: BlobId
  readonly target: BlobId
  /** signed: f32 or f16 [count] */
  readonly value: BlobId
}

/** Everything but the arrays. */
export interface Manifest {
  readonly format: "neuronaut-view"
  readonly version: 1
  readonly id: string
  readonly title: string
  readonly created: string
  readonly appVersion: string
  readonly model: ModelCard
  readonly samples: SamplesCard
  readonly task: TaskCard
  readonly activations: readonly ActivationCard[]
  /** layers whose maps were recorded, position='keep' */
  readonly maps: readonly MapsCard[]
  readonly slices: readonly SliceCard[]
  readonly comparisons: readonly ComparisonCard[]
  readonly influence: readonly InfluenceCard[]
  readonly results: readonly ResultCard[]
  readonly findings: readonly FindingCard[]
  readonly view: ViewCard
  /** what a reader should know, for example that rows were sampled */
  readonly notes: readonly string[]
  readonly blobs: Readonly<Record<string, BlobCard>>
  readonly blocks: Readonly<Record<string, BlockCard>>
}

export type Shape =
  | "string" | "number" | "integer" | "boolean"
  | { readonly ref: string }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly nullable: Shape }
  | { readonly oneOf: readonly (string | number)[] }
  | { readonly fields: Readonly<Record<string, Shape>> }

export const shapes: Readonly<Record<string, Shape>> = {
  ActivationCard: { fields: { layer: "string", site: { oneOf: ["pre", "post"] }, reduction: { oneOf: ["value", "mean", "max", "min"] }, scheme: { oneOf: ["u8", "i8", "f16", "f32"] }, levels: "integer", scale: { nullable: { ref: "BlobId" } }, error: "number", chunks: { list: { ref: "BlobId" } }, rowsPerChunk: "integer", nonfinite: { nullable: { ref: "BlobId" } } } },
  BlobCard: { fields: { dtype: { ref: "Dtype" }, shape: { list: "integer" }, layout: { oneOf: ["rows", "columns", "planes", "deltas"] }, block: { ref: "BlockId" }, offset: "integer" } },
  BlobId: "string",
  BlockCard: { fields: { codec: { oneOf: ["gzip", "none"] }, bytes: "integer", raw: "integer", sha256: "string" } },
  BlockId: "string",
  ColumnCard: { fields: { name: "string", type: { oneOf: ["number", "text", "bool"] }, source: { oneOf: ["metadata", "output"] }, data: { ref: "BlobId" }, nulls: { nullable: { ref: "BlobId" } }, values: { nullable: { list: "string" } }, texts: { nullable: { ref: "BlobId" } } } },
  ComparisonCard: { fields: { a: "integer", b: { nullable: "integer" }, stats: { map: { ref: "BlobId" } } } },
  Dtype: { oneOf: ["u8", "i8", "u16", "i16", "u32", "i32", "f16", "f32", "f64"] },
  EdgeCard: { fields: { source: "string", target: "string", kind: { oneOf: ["linear", "scaled", "nonlinear"] }, weights: { nullable: { ref: "Weights" } }, full: { nullable: { ref: "BlobId" } } } },
  FindingCard: { fields: { claim: "string", at: "string", hash: "string" } },
  InfluenceCard: { fields: { source: "string", target: "string", n: "integer", full: { nullable: { ref: "BlobId" } }, forward: { nullable: { ref: "Strongest" } }, backward: { nullable: { ref: "Strongest" } } } },
  LayerCard: { fields: { name: "string", label: "string", kind: "string", unitWord: { oneOf: ["neuron", "channel", "feature"] }, activation: { nullable: "string" }, operator: "string", module: { nullable: "string" }, units: "integer", rank: "integer", position: { list: "integer" }, unitNames: { nullable: { list: "string" } }, signed: "boolean", output: "boolean", parametrised: "boolean" } },
  MapsCard: { fields: { layer: "string", site: { oneOf: ["pre", "post"] }, height: "integer", width: "integer", full: { list: "integer" }, n: "integer", data: { ref: "BlobId" }, scale: { ref: "BlobId" } } },
  ModelCard: { fields: { name: "string", framework: "string", layers: { list: { ref: "LayerCard" } }, edges: { list: { ref: "EdgeCard" } } } },
  PreviewCard: { fields: { blobs: { list: { ref: "BlobId" } }, height: "integer", width: "integer", channels: "integer", rowsPerChunk: "integer" } },
  ResultCard: { fields: { name: "string", params: "string", layers: { list: "string" }, coords: { map: { list: "string" } }, values: { map: { ref: "ValueCard" } }, n: { map: "integer" }, notes: { list: "string" } } },
  SamplesCard: { fields: { n: "integer", total: "integer", grouped: "boolean", kind: { oneOf: ["table", "images", "texts"] }, ids: { ref: "BlobId" }, half: { ref: "BlobId" }, columns: { list: { ref: "ColumnCard" } }, unlisted: { nullable: { list: "string" } }, preview: { nullable: { ref: "PreviewCard" } } } },
  SliceCard: { fields: { name: "string", expression: "string", kind: { oneOf: ["all", "named", "category"] }, n: "integer", stats: { map: { ref: "BlobId" } } } },
  Strongest: { fields: { k: "integer", index: { ref: "BlobId" }, value: { ref: "BlobId" } } },
  TaskCard: { fields: { kind: { oneOf: ["binary", "classes", "regression", "none"] }, classes: { nullable: { list: "string" } }, label: { nullable: "string" } } },
  ValueCard: { fields: { dims: { list: "string" }, data: { ref: "BlobId" }, texts: { nullable: { list: "string" } } } },
  ViewCard: { fields: { a: { nullable: "string" }, b: { nullable: "string" }, colour: { nullable: { oneOf: ["signed", "abs", "ab"] } } } },
  Weights: { fields: { k: "integer", count: "integer", source: { ref: "BlobId" }, target: { ref: "BlobId" }, value: { ref: "BlobId" } } },
  Manifest: { fields: { format: { oneOf: ["neuronaut-view"] }, version: { oneOf: [1] }, id: "string", title: "string", created: "string", appVersion: "string", model: { ref: "ModelCard" }, samples: { ref: "SamplesCard" }, task: { ref: "TaskCard" }, activations: { list: { ref: "ActivationCard" } }, maps: { list: { ref: "MapsCard" } }, slices: { list: { ref: "SliceCard" } }, comparisons: { list: { ref: "ComparisonCard" } }, influence: { list: { ref: "InfluenceCard" } }, results: { list: { ref: "ResultCard" } }, findings: { list: { ref: "FindingCard" } }, view: { ref: "ViewCard" }, notes: { list: "string" }, blobs: { map: { ref: "BlobCard" } }, blocks: { map: { ref: "BlockCard" } } } },
}
