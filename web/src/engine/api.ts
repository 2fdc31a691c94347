/** What the engine answers: statistics of groups and pairs, columns, influence, edges. */

import type { ActivationCard } from "../contract/manifest"
import type { LayerMaps } from "./maps"
import type { Missing, Params, Result } from "./results"

/** Statistics of one layer in one group, one value per unit. Non-finite values are counted, never averaged. */
export interface LayerStats {
  readonly n: Float64Array
  readonly mean: Float32Array
  readonly meanAbs: Float32Array
  readonly sd: Float32Array
  /** Share of values above zero, 0 to 1. */
  readonly firingRate: Float32Array
  readonly max: Float32Array
  readonly nonfinite: Float64Array
}

/** One group (slice). `exact` tells whether the numbers come from full precision or from quantised rows (`~`). */
export interface GroupStats {
  /** Canonical expression; the empty text means every sample. */
  readonly expression: string
  /** The opposite of the expression; rows it has no answer for are in neither. */
  readonly outside?: boolean
  readonly n: number
  readonly exact: boolean
  readonly layers: ReadonlyMap<string, LayerStats>
  /** Layers whose numbers cannot be shown, with the reason. */
  readonly problems: ReadonlyMap<string, string>
}

/** A against B, one value per unit. */
export interface PairLayerStats {
  /** mean of A - mean of B. */
  readonly difference: Float32Array
  /** Hedges g and its 95 % interval. */
  readonly g: Float32Array
  readonly gLow: Float32Array
  readonly gHigh: Float32Array
  /** Chance that a sample of A is above a sample of B, ties counted half. */
  readonly auroc: Float32Array
  /** Welch's p and the Benjamini-Hochberg q over all units of all layers of this comparison. */
  readonly p: Float64Array
  readonly q: Float64Array
  /** 1 found on half 0 and confirmed on half 1, 0 not, NaN when a half is too small to say. */
  readonly replicated: Float32Array
}

/** A side of a comparison: a filter in its one spelling, or its opposite, `not (filter)`. */
export interface Side {
  readonly expression: string
  readonly outside: boolean
}

/** Both sides of a comparison: their statistics, and which rows are in them. */
export interface Sides {
  readonly a: GroupStats
  readonly b: GroupStats
  readonly maskA: Uint8Array
  readonly maskB: Uint8Array
}

export interface PairStats {
  readonly a: Side
  readonly b: Side
  readonly nA: number
  readonly nB: number
  readonly exact: boolean
  readonly layers: ReadonlyMap<string, PairLayerStats>
  readonly problems: ReadonlyMap<string, string>
  /** What could not be computed and why, in words for the page. */
  readonly notes: readonly string[]
  /** Whether layers, and what is known of all of them together, are still to come. */
  readonly unfinished?: boolean
}

/** What is wrong with a filter, at which characters (UTF-16 units, as text fields count). */
export interface FilterProblem {
  readonly message: string
  readonly start: number
  readonly end: number
  /** What to write instead, when there is a good guess. */
  readonly suggestion?: string | null
  /** Set when nothing is wrong but something is still being read: ask again once this has settled. */
  readonly pending?: Promise<void>
}

/** What looks like a mistake although it can be computed; explains why nothing is selected. */
export type FilterHint = Pick<FilterProblem, "message" | "start" | "end" | "suggestion">

export interface Mask {
  /** 1 where the sample is selected. */
  readonly mask: Uint8Array
  readonly n: number
  readonly canonical: string
  /** Why nothing is selected; empty when something is. */
  readonly hints: readonly FilterHint[]
}

/** Effect of one unit on later units and of earlier units on it; per layer one value per unit, 0 where not shipped. */
export interface Influence {
  readonly forward: ReadonlyMap<string, Float32Array>
  readonly backward: ReadonlyMap<string, Float32Array>
  /** Samples whose effects were averaged. */
  readonly n?: number | undefined
  /** Where it was not recorded: how it was measured. */
  readonly measured?: string | undefined
}

/** The strongest weights of one edge, by falling size. */
export interface EdgeArrays {
  /** Index into `manifest.model.edges`. */
  readonly edge: number
  readonly sourceLayer: string
  readonly targetLayer: string
  readonly source: Uint32Array
  readonly target: Uint32Array
  readonly value: Float32Array
  /** Largest size of a weight. */
  readonly max: number
}

/** A unit at the other end of a weight. */
export interface Neighbour {
  readonly layer: string
  readonly unit: number
  readonly weight: number
}

/** Work done, for tests: counters instead of milliseconds. */
export interface WorkCounters {
  edgesDrawn: number
  blobsDecoded: number
  fullRedraws: number
  overlayRedraws: number
  queries: number
}

/** A block that could not be read; the page goes on without it. */
export interface BlobProblem {
  readonly blob: string
  readonly what: string
  readonly message: string
}

export type Reduction = ActivationCard["reduction"]

export interface EngineApi {
  readonly stats: WorkCounters
  readonly problems: readonly BlobProblem[]
  /** Called whenever a block turns out damaged. Returns the function that stops it. */
  onProblem(listener: (problem: BlobProblem) => void): () => void
  /** Synchronous; null or empty selects every sample. */
  mask(expression: string | null): Mask | { error: FilterProblem }
  /** Rejects with AbortError when `signal` fires, with FilterError when the filter is wrong. */
  group(expression: string | null, signal?: AbortSignal): Promise<GroupStats>
  /** Both groups; a null side is everything the other side does not select. */
  sides(a: string | null, b: string | null, signal?: AbortSignal): Promise<Sides>
  /** `tell`: of a large recording, the layers that are ready so far. */
  pair(a: string | null, b: string | null, signal?: AbortSignal, tell?: (part: PairStats) => void): Promise<PairStats>
  /** Every sample's value of one unit, in sample order; NaN where not finite. */
  unitValues(layer: string, unit: number, reduction?: Reduction): Promise<Float32Array>
  /** Those values are whole numbers of this; 0 where they are floats. */
  valueStep(layer: string, unit: number): Promise<number>
  /** Every unit's value for one sample, per layer. */
  sampleValues(row: number): Promise<Map<string, Float32Array>>
  influence(layer: string, unit: number, signal?: AbortSignal): Promise<Influence>
  /** The same without waiting, once the blocks are there; null (and loading starts) before. Views are reused. */
  influenceNow(layer: string, unit: number): Influence | null
  /** Tells the mean maps of the layers whose maps were recorded; of a server again with each layer more. */
  maps(tell: (maps: ReadonlyMap<string, LayerMaps>) => unknown): Promise<void>
  /** What an analysis found, by Python's name and arguments, or why the page has it not. */
  results(name: string, params?: Params): Promise<Result | Missing>
  /** All that is already here of that name and with those arguments. */
  resultsNamed(name: string, params?: Params): readonly Result[]
  edges(): Promise<readonly EdgeArrays[]>
  /** Strongest weights into / out of a unit, by falling size; empty until `edges()` has answered. */
  inputsOf(layer: string, unit: number, k?: number): Neighbour[]
  outputsOf(layer: string, unit: number, k?: number): Neighbour[]
  /** Stops the Worker and forgets what is cached. */
  close(): void
}
