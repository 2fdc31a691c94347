/** Pair job: every unit of several layers, group A against group B, one family of tests for all of them. */

import type { PairLayerStats } from "./api"
import { addSums, aurocOfCounts, count, momentsOfSums, newTable, sumCounts, TILE } from "./counts"
import { type Job, pick } from "./group"
import { codesOf, readColumn, type SampledLayer } from "./layer"
import {
  aurocSorted,
  benjaminiHochberg,
  guardedP,
  hedgesG,
  type Moments,
  momentsOf,
  replicatedOnHalf,
  SIGNIFICANT,
  welchP,
} from "./stats"

/** Rows of a group, by held-out half; each rising. */
export interface Halves {
  readonly half0: Uint32Array
  readonly half1: Uint32Array
}

/** How what half 0 showed fared on half 1: discoveries, those that held, and how large their effects were there. */
export interface Fared {
  readonly found: number
  readonly again: number
  /** Slope through the origin of g on half 1 over g on half 0, of the discoveries; below 1 they were found too large. */
  readonly shrinkage: number
}

export interface PairAnswer {
  readonly fared: Fared
  readonly layers: ReadonlyMap<string, PairLayerStats>
}

/** One unit in both groups: all samples, and each half. */
interface Unit {
  readonly all: readonly [Moments, Moments]
  readonly half0: readonly [Moments, Moments]
  readonly half1: readonly [Moments, Moments]
  readonly auroc: number
}

/** p of the whole and of each half, and the halves' differences, over all units of all layers in a row. */
interface Family {
  readonly p: Float64Array
  readonly p0: Float64Array
  readonly p1: Float64Array
  readonly difference0: Float64Array
  readonly difference1: Float64Array
  readonly g0: Float64Array
  readonly g1: Float64Array
}

const STATISTICS = ["difference", "g", "gLow", "gHigh", "auroc", "p", "q", "replicated"] as const

function blank(units: number): PairLayerStats {
  const arrays = STATISTICS.map((name) => [name, new (name === "p" || name === "q" ? Float64Array : Float32Array)(units).fill(Number.NaN)] as const)
  return Object.fromEntries(arrays) as unknown as PairLayerStats
}

function* codedUnits(layer: SampledLayer, a: Halves, b: Halves): Job<Unit[]> {
  const codes = codesOf(layer.plan)!
  const { units: total, scale } = layer.plan
  const parts = [a.half0, a.half1, b.half0, b.half1] as const
  const tables = [newTable(), newTable(), newTable(), newTable()] as const
  const units: Unit[] = []
  for (let first = 0; first < total; first += TILE) {
    for (const [place, rows] of parts.entries()) {
      tables[place]!.fill(0)
      yield* count(layer, first, rows, tables[place]!)
    }
    for (let unit = first; unit < Math.min(total, first + TILE); unit++) {
      const by = scale?.[unit] ?? 1
      const sums = (place: 0 | 1 | 2 | 3) => sumCounts(tables[place], unit - first, codes)
      const [a0, a1, b0, b1] = [sums(0), sums(1), sums(2), sums(3)]
      const auroc = aurocOfCounts([tables[0], tables[1]], [tables[2], tables[3]], unit - first, codes)
      units.push({
        all: [momentsOfSums(addSums(a0, a1), by), momentsOfSums(addSums(b0, b1), by)],
        half0: [momentsOfSums(a0, by), momentsOfSums(b0, by)],
        half1: [momentsOfSums(a1, by), momentsOfSums(b1, by)],
        auroc: by < 0 ? 1 - auroc : auroc,
      })
    }
    yield
  }
  return units
}

function join(one: Float32Array, other: Float32Array): Float32Array {
  const whole = new Float32Array(one.length + other.length)
  whole.set(one)
  whole.set(other, one.length)
  return whole
}

function* numberUnits(layer: SampledLayer, a: Halves, b: Halves): Job<Unit[]> {
  const units: Unit[] = []
  for (let unit = 0; unit < layer.plan.units; unit++) {
    const column = readColumn(layer, unit)
    const [a0, a1, b0, b1] = [pick(column, a.half0), pick(column, a.half1), pick(column, b.half0), pick(column, b.half1)]
    const [inA, inB] = [join(a0, a1), join(b0, b1)]
    units.push({
      all: [momentsOf(inA), momentsOf(inB)],
      half0: [momentsOf(a0), momentsOf(b0)],
      half1: [momentsOf(a1), momentsOf(b1)],
      auroc: aurocSorted(inA.filter(Number.isFinite).sort(), inB.filter(Number.isFinite).sort()),
    })
    yield
  }
  return units
}

function test([a, b]: readonly [Moments, Moments]): number {
  return guardedP(welchP(a, b), a.n, b.n)
}

function putUnit(stats: PairLayerStats, at: number, unit: Unit, family: Family, place: number): void {
  const [a, b] = unit.all
  const { g, low, high } = hedgesG(a, b)
  stats.difference[at] = a.mean - b.mean
  stats.g[at] = g
  stats.gLow[at] = low
  stats.gHigh[at] = high
  stats.auroc[at] = unit.auroc
  stats.p[at] = welchP(a, b)
  family.p[place] = test(unit.all)
  family.p0[place] = test(unit.half0)
  family.p1[place] = test(unit.half1)
  family.difference0[place] = unit.half0[0].mean - unit.half0[1].mean
  family.difference1[place] = unit.half1[0].mean - unit.half1[1].mean
  family.g0[place] = hedgesG(...unit.half0).g
  family.g1[place] = hedgesG(...unit.half1).g
}

/** A against B over several layers; q and replication are over all units of all these layers. */
export function* pairJob(layers: readonly SampledLayer[], a: Halves, b: Halves): Job<PairAnswer> {
  const total = layers.reduce((sum, layer) => sum + layer.plan.units, 0)
  const column = (): Float64Array => new Float64Array(total)
  const family: Family = { p: column(), p0: column(), p1: column(), difference0: column(), difference1: column(), g0: column(), g1: column() }
  const answer = new Map<string, PairLayerStats>()
  let place = 0
  for (const layer of layers) {
    const units = yield* codesOf(layer.plan) ? codedUnits(layer, a, b) : numberUnits(layer, a, b)
    const stats = blank(units.length)
    for (const [at, unit] of units.entries()) putUnit(stats, at, unit, family, place++)
    answer.set(layer.plan.layer, stats)
    yield
  }
  const [q, q0, q1] = [benjaminiHochberg(family.p), benjaminiHochberg(family.p0), benjaminiHochberg(family.p1)]
  const fared = { found: 0, again: 0 }
  let [above, below] = [0, 0]
  place = 0
  for (const stats of answer.values()) {
    for (let unit = 0; unit < stats.q.length; unit++, place++) {
      stats.q[unit] = q[place]!
      stats.replicated[unit] = replicatedOnHalf(
        family.difference0[place]!,
        q0[place]!,
        family.difference1[place]!,
        q1[place]!,
      )
      if (!(q0[place]! < SIGNIFICANT)) continue
      if (!Number.isNaN(stats.replicated[unit]!)) fared.found++
      if (stats.replicated[unit] === 1) fared.again++
      const [x, y] = [family.g0[place]!, family.g1[place]!]
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue
      above += x * y
      below += x * x
    }
  }
  return { layers: answer, fared: { ...fared, shrinkage: above / below } }
}
