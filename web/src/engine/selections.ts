/** Selections: from the text of a filter to the rows of a group, each worked out once. */

import type { LayerCard } from "../contract/manifest"
import { nearest } from "../filter/nearest"
import type { FilterProblem, Mask, Side } from "./api"
import { activationsIn, columnsIn, type Columns, FilterError, hintsOf, maskOf, oppositeOf, type ReadFilter, readFilter } from "./filters"
import { Recent } from "./recent"
import { countOf } from "./rows"
import type { Samples } from "./samples"
import { sideKey } from "./shipped"

/** Masks kept. */
const KEPT = 32

/** Where the values of one unit come from. */
export interface UnitColumns {
  /** undefined while they have not been read, null when the page has none. */
  known(layer: string, unit: number): Float32Array | null | undefined
  read(layer: string, unit: number): Promise<Float32Array>
  /** Reads a column that the page lacks and may ask for; null for every other. */
  column(name: string): Promise<unknown> | null
  readonly unlisted: readonly string[] | null
}

export class Selections {
  readonly #layers: ReadonlyMap<string, LayerCard>
  readonly #units: UnitColumns
  readonly #ready: Promise<Samples>
  readonly #masks = new Recent<Uint8Array>(KEPT)
  #samples: Samples | null = null

  constructor(layers: ReadonlyMap<string, LayerCard>, units: UnitColumns, ready: Promise<Samples>) {
    this.#layers = layers
    this.#units = units
    this.#ready = ready
    void ready.then((samples) => (this.#samples = samples))
  }

  /** Which rows a filter selects, or what is wrong with it. */
  answer(expression: string | null): Mask | { error: FilterProblem } {
    try {
      const filter = this.#filter(expression)
      const mask = this.#mask(filter, false)
      const n = countOf(mask)
      return { mask, n, canonical: filter.canonical, hints: n > 0 ? [] : hintsOf(filter, this.#columns()) }
    } catch (problem) {
      if (problem instanceof FilterError) return { error: problem.problem }
      throw problem
    }
  }

  /** A filter as a side, once everything it needs has been read. Rejects with FilterError when it does not fit. */
  async side(expression: string | null): Promise<Side> {
    await this.#ready
    try {
      return this.#inside(expression)
    } catch (problem) {
      if (!(problem instanceof FilterError) || !problem.problem.pending) throw problem
      await problem.problem.pending
      return this.#inside(expression)
    }
  }

  /** The sides of a comparison: one that is not given is the opposite of the other, `not (filter)`. */
  async sides(a: string | null, b: string | null): Promise<[Side, Side]> {
    const [one, other] = [await this.side(a), await this.side(b)]
    if (other.expression === "") return [one, { ...one, outside: true }]
    return one.expression === "" ? [{ ...other, outside: true }, other] : [one, other]
  }

  /** 1 for each row of a side. */
  mask(side: Side): Uint8Array {
    return this.#mask(this.#filter(side.expression), side.outside)
  }

  /** For each row 2 where the filter selects it, 0 where it is false, 1 where it has no answer. Throws FilterError where `answer` has an error. */
  truth(expression: string): Uint8Array {
    const filter = this.#filter(expression)
    const outside = this.#mask(filter, true)
    return this.#mask(filter, false).map((inside, row) => 1 + inside - outside[row]!)
  }

  /** Samples in neither of two opposite sides, since the filter has no answer, such as a null age in age < 16. */
  unknown(a: Side, b: Side): number {
    if (!a.outside && !b.outside) return 0
    return this.#columns().n - countOf(this.mask(a)) - countOf(this.mask(b))
  }

  #columns(): Columns {
    const { n, columns } = this.#samples!
    return { n, columns, unlisted: this.#units.unlisted, activation: (layer, unit) => this.#activation(layer, unit) }
  }

  #activation(layer: string, unit: number): Float32Array | { problem: string } {
    const card = this.#layers.get(layer)
    const close = card ? null : nearest(layer, this.#layers.keys())
    if (!card) return { problem: `no layer "${layer}"${close === null ? "" : `; closest: "${close}"`}` }
    if (unit >= card.units) return { problem: `${layer} has ${card.units} units, the last is ${card.units - 1}` }
    return this.#units.known(layer, unit) ?? { problem: `this page has no per-sample values of ${layer}` }
  }

  /** The filter, its activations read. Throws FilterError, with `pending` while they are being read. */
  #filter(expression: string | null): ReadFilter {
    const filter = readFilter(expression)
    if (!this.#samples) throw reading("Reading the samples…", filter, this.#ready)
    const missing = activationsIn(filter).filter(({ layer, unit }) => {
      return unit < (this.#layers.get(layer)?.units ?? 0) && this.#units.known(layer, unit) === undefined
    })
    const columns = columnsIn(filter).flatMap((name) => this.#units.column(name) ?? [])
    if (missing.length + columns.length === 0) return filter
    const work = Promise.all([...columns, ...missing.map(({ layer, unit }) => this.#units.read(layer, unit))])
    throw reading(missing.length > 0 ? "Reading activations…" : "Reading a column…", filter, work)
  }

  /** Checks the filter against the columns too, so that a wrong one is refused here. */
  #inside(expression: string | null): Side {
    const filter = this.#filter(expression)
    this.#mask(filter, false)
    return { expression: filter.canonical, outside: false }
  }

  #mask(filter: ReadFilter, opposite: boolean): Uint8Array {
    const key = sideKey({ expression: filter.canonical, outside: opposite })
    const known = this.#masks.get(key)
    if (known) return known
    const mask = (opposite ? oppositeOf : maskOf)(filter, this.#columns())
    this.#masks.set(key, mask)
    return mask
  }
}

function reading(message: string, filter: ReadFilter, work: Promise<unknown>): FilterError {
  const pending = work.then(() => undefined)
  pending.catch(() => undefined)
  return new FilterError({ message, start: 0, end: filter.source.length, pending })
}
