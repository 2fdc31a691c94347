/** Shipped numbers: exact statistics of the slices and comparisons that the page was made with. */

import type { LayerCard, Manifest } from "../contract/manifest"
import type { TypedArray } from "../source/typed"
import type { GroupStats, LayerStats, PairLayerStats, PairStats, Side } from "./api"
import { asDoubles, asFloats, type Arrays } from "./arrays"

export function sideKey(side: Side): string {
  return (side.outside ? "outside " : "in ") + side.expression
}

/** `canonical` gives the one spelling of a filter, or null when it cannot be read. */
export class Shipped {
  readonly #manifest: Manifest
  readonly #arrays: Arrays
  readonly #layers: ReadonlyMap<string, LayerCard>
  readonly #slices = new Map<string, number>()

  constructor(
    manifest: Manifest,
    arrays: Arrays,
    layers: ReadonlyMap<string, LayerCard>,
    canonical: (expression: string) => string | null,
  ) {
    this.#manifest = manifest
    this.#arrays = arrays
    this.#layers = layers
    manifest.slices.forEach((slice, index) => {
      const text = index === 0 ? "" : canonical(slice.expression)
      if (text !== null && !this.#slices.has(text)) this.#slices.set(text, index)
    })
  }

  /** Whether exact statistics of a side came with the page. */
  has(side: Side): boolean {
    return this.#index(side) !== null
  }

  /** Exact statistics of a side; null when they were not shipped, or cannot be read in full. */
  async group(side: Side): Promise<GroupStats | null> {
    const index = this.#index(side)
    const slice = index === null ? undefined : this.#manifest.slices[index]
    if (!slice) return null
    const problems = new Map<string, string>()
    const layers = await this.#each(slice.stats, 6, problems, (columns) => layerStats(columns, slice.n))
    return { ...side, n: slice.n, exact: true, layers, problems }
  }

  /** Exact comparison of two sides; null when it was not shipped. */
  async pair(a: Side, b: Side): Promise<Pick<PairStats, "layers" | "problems" | "nA" | "nB"> | null> {
    const straight = this.#comparison(a, b)
    const comparison = straight ?? this.#comparison(b, a)
    if (!comparison) return null
    const problems = new Map<string, string>()
    const layers = await this.#each(comparison.stats, 8, problems, (columns) => {
      const stats = pairStats(columns)
      return straight ? stats : swapped(stats)
    })
    return { layers, problems, nA: this.#count(a, b), nB: this.#count(b, a) }
  }

  #index(side: Side): number | null {
    return side.outside ? null : (this.#slices.get(side.expression) ?? null)
  }

  #comparison(a: Side, b: Side): Manifest["comparisons"][number] | undefined {
    const first = this.#index(a)
    if (first === null) return undefined
    const complement = b.outside && b.expression === a.expression
    const second = this.#index(b)
    if (second === null && !complement) return undefined
    return this.#manifest.comparisons.find(({ a: one, b: other }) => one === first && other === second)
  }

  /** Samples of a side; of a complement, those the other side leaves. */
  #count(side: Side, other: Side): number {
    const index = this.#index(side)
    if (index !== null) return this.#manifest.slices[index]!.n
    return this.#manifest.samples.total - this.#manifest.slices[this.#index(other)!]!.n
  }

  async #each<T>(
    blobs: Readonly<Record<string, string>>,
    rows: number,
    problems: Map<string, string>,
    read: (columns: TypedArray[]) => T,
  ): Promise<Map<string, T>> {
    const wanted = [...this.#layers.values()].filter((card) => Object.hasOwn(blobs, card.name))
    const found = await Promise.all(
      wanted.map(async ({ name, units }) => {
        try {
          const what = `the statistics of ${name}`
          const array = await this.#arrays.get(blobs[name]!, what)
          if (array.length !== rows * units) throw this.#arrays.damaged(what, "the array has another size than the layer")
          const column = (_: unknown, row: number) => array.subarray(row * units, (row + 1) * units)
          return [[name, read(Array.from({ length: rows }, column))] as const]
        } catch (problem) {
          problems.set(name, (problem as Error).message)
          return []
        }
      }),
    )
    return new Map(found.flat())
  }
}

function layerStats([n, ...columns]: TypedArray[], total: number): LayerStats {
  const [mean, meanAbs, sd, firingRate, max] = columns.map(asFloats)
  return {
    n: asDoubles(n!),
    mean: mean!,
    meanAbs: meanAbs!,
    sd: sd!,
    firingRate: firingRate!,
    max: max!,
    nonfinite: asDoubles(n!).map((finite) => total - finite),
  }
}

function pairStats(columns: TypedArray[]): PairLayerStats {
  const [difference, g, gLow, gHigh, auroc, , , replicated] = columns.map(asFloats)
  return {
    difference: difference!,
    g: g!,
    gLow: gLow!,
    gHigh: gHigh!,
    auroc: auroc!,
    p: asDoubles(columns[5]!),
    q: asDoubles(columns[6]!),
    replicated: replicated!,
  }
}

/** The same comparison with the groups' names exchanged. */
export function swapped(stats: PairLayerStats): PairLayerStats {
  const minus = (values: Float32Array): Float32Array => values.map((value) => -value)
  return {
    difference: minus(stats.difference),
    g: minus(stats.g),
    gLow: minus(stats.gHigh),
    gHigh: minus(stats.gLow),
    auroc: stats.auroc.map((share) => 1 - share),
    p: stats.p,
    q: stats.q,
    replicated: stats.replicated,
  }
}
