/** Group job: statistics of every unit of a layer over chosen samples. */

import type { LayerStats } from "./api"
import { count, momentsOfSums, newTable, sumCounts, TILE } from "./counts"
import { codesOf, readColumn, type SampledLayer } from "./layer"
import { type Moments, momentsOf } from "./stats"

/** A calculation that stops now and then, so that whoever runs it can look at the clock. */
export type Job<T> = Generator<void, T>

export function emptyStats(units: number): LayerStats {
  const column = (): Float32Array => new Float32Array(units).fill(Number.NaN)
  return {
    n: new Float64Array(units),
    mean: column(),
    meanAbs: column(),
    sd: column(),
    firingRate: column(),
    max: column(),
    nonfinite: new Float64Array(units),
  }
}

export function put(stats: LayerStats, unit: number, moments: Moments): void {
  stats.n[unit] = moments.n
  stats.nonfinite[unit] = moments.nonfinite
  stats.mean[unit] = moments.mean
  stats.meanAbs[unit] = moments.meanAbs
  stats.sd[unit] = moments.sd
  stats.firingRate[unit] = moments.firingRate
  stats.max[unit] = moments.max
}

/** Values of one unit at chosen rows. */
export function pick(column: Float32Array, rows: Uint32Array): Float32Array {
  const values = new Float32Array(rows.length)
  for (let place = 0; place < rows.length; place++) values[place] = column[rows[place]!]!
  return values
}

/** Rows from which it pays to keep the counts of a layer: with fewer, the counts are larger than what they are of. */
const KEPT_FROM = 4096

/** Counts of all rows of a layer: each of the 256 codes of each unit. */
const totals = new WeakMap<SampledLayer, Uint32Array>()

/**
 * Statistics of one layer over two sets of rows (rising). Where these are all rows between them, as a filter and its
 * opposite often are, the smaller set is counted and the other is what remains of all.
 */
export function* sidesLayer(layer: SampledLayer, a: Uint32Array, b: Uint32Array): Job<readonly [LayerStats, LayerStats]> {
  const { units, rows, scale } = layer.plan
  const codes = codesOf(layer.plan)
  if (!codes || rows < KEPT_FROM || !partition(a, b, rows)) return [yield* groupLayer(layer, a), yield* groupLayer(layer, b)]
  const [few, many] = a.length <= b.length ? [a, b] : [b, a]
  const [fewStats, manyStats] = [emptyStats(units), emptyStats(units)]
  const known = totals.get(layer)
  const all = known ?? new Uint32Array(units * 256)
  const [table, rest] = [newTable(), newTable()]
  for (let first = 0; first < units; first += TILE) {
    const width = Math.min(TILE, units - first)
    const whole = all.subarray(first * 256, (first + width) * 256)
    table.fill(0)
    yield* count(layer, first, few, table)
    if (known) for (let at = 0; at < whole.length; at++) rest[at] = whole[at]! - table[at]!
    else {
      rest.fill(0)
      yield* count(layer, first, many, rest)
      for (let at = 0; at < whole.length; at++) whole[at] = table[at]! + rest[at]!
    }
    for (let unit = first; unit < first + width; unit++) {
      const step = scale?.[unit] ?? 1
      put(fewStats, unit, momentsOfSums(sumCounts(table, unit - first, codes), step))
      put(manyStats, unit, momentsOfSums(sumCounts(rest, unit - first, codes), step))
    }
    yield
  }
  totals.set(layer, all)
  return few === a ? [fewStats, manyStats] : [manyStats, fewStats]
}

/** Whether two rising sets hold every row once. */
function partition(a: Uint32Array, b: Uint32Array, rows: number): boolean {
  if (a.length + b.length !== rows) return false
  for (let row = 0, inA = 0, inB = 0; row < rows; row++) {
    if (a[inA] === row) inA++
    else if (b[inB] === row) inB++
    else return false
  }
  return true
}

/** Statistics of one layer over `rows` (rising). */
export function* groupLayer(layer: SampledLayer, rows: Uint32Array): Job<LayerStats> {
  const { units, scale } = layer.plan
  const stats = emptyStats(units)
  const codes = codesOf(layer.plan)
  if (!codes) {
    for (let unit = 0; unit < units; unit++) {
      put(stats, unit, momentsOf(pick(readColumn(layer, unit), rows)))
      yield
    }
    return stats
  }
  const table = newTable()
  for (let first = 0; first < units; first += TILE) {
    table.fill(0)
    yield* count(layer, first, rows, table)
    for (let unit = first; unit < Math.min(units, first + TILE); unit++) {
      put(stats, unit, momentsOfSums(sumCounts(table, unit - first, codes), scale?.[unit] ?? 1))
    }
    yield
  }
  return stats
}

export interface GroupAnswer {
  readonly layers: ReadonlyMap<string, LayerStats>
}

/** Statistics of several layers. */
export function* groupJob(layers: readonly SampledLayer[], rows: Uint32Array): Job<GroupAnswer> {
  const answer = new Map<string, LayerStats>()
  for (const layer of layers) answer.set(layer.plan.layer, yield* groupLayer(layer, rows))
  return { layers: answer }
}

export interface SidesAnswer {
  readonly a: ReadonlyMap<string, LayerStats>
  readonly b: ReadonlyMap<string, LayerStats>
}

/** Statistics of several layers over two sets of rows. */
export function* sidesJob(layers: readonly SampledLayer[], a: Uint32Array, b: Uint32Array): Job<SidesAnswer> {
  const answer = { a: new Map<string, LayerStats>(), b: new Map<string, LayerStats>() }
  for (const layer of layers) {
    const [one, other] = yield* sidesLayer(layer, a, b)
    answer.a.set(layer.plan.layer, one)
    answer.b.set(layer.plan.layer, other)
  }
  return answer
}
