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
