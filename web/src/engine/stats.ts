/** Statistics of two groups, one unit at a time: the formulas of neuronaut.analysis.statistics. */

import { studentP } from "./special"

/** The 97.5 % quantile of the standard normal distribution. */
const Z95 = 1.959963984540054
/** A q-value below this is a discovery. */
export const SIGNIFICANT = 0.05
/** Samples per group below which nothing is claimed. */
export const FEWEST = 20

/** What is known of one unit in one group; `n` counts finite values, sd has n - 1 below the line. */
export interface Moments {
  n: number
  nonfinite: number
  mean: number
  meanAbs: number
  sd: number
  firingRate: number
  max: number
  min: number
}

export interface Interval {
  readonly g: number
  readonly low: number
  readonly high: number
}

/** Hedges g with its 95 % interval. Reference: Hedges 1981; the variance allows unequal spreads (Bonett 2008). */
export function hedgesG(a: Moments, b: Moments): Interval {
  const df = a.n + b.n - 2
  const va = a.sd ** 2
  const vb = b.sd ** 2
  const pooled = ((a.n - 1) * va + (b.n - 1) * vb) / df
  const d = (a.mean - b.mean) / Math.sqrt(pooled)
  const correction = 1 - 3 / (4 * df - 1)
  const means = (va / a.n + vb / b.n) / pooled
  const spreads = ((a.n - 1) * va ** 2 + (b.n - 1) * vb ** 2) / (2 * df ** 2 * pooled ** 2)
  const half = Z95 * correction * Math.sqrt(means + d ** 2 * spreads)
  const g = correction * d
  return { g, low: g - half, high: g + half }
}

/** Two-sided p of equal means, spreads not assumed equal. Reference: Welch 1947. */
export function welchP(a: Moments, b: Moments): number {
  const va = a.sd ** 2 / a.n
  const vb = b.sd ** 2 / b.n
  const t = (a.mean - b.mean) / Math.sqrt(va + vb)
  if (Math.abs(t) === Infinity) return 0
  return studentP(t, (va + vb) ** 2 / (va ** 2 / (a.n - 1) + vb ** 2 / (b.n - 1)))
}

/** p where both groups have enough finite values, NaN where nothing may be claimed. */
export function guardedP(p: number, nA: number, nB: number): number {
  return Math.min(nA, nB) >= FEWEST ? p : Number.NaN
}

/** q-values of a family; NaN is no member of it. Reference: Benjamini and Hochberg 1995. */
export function benjaminiHochberg(p: Float64Array): Float64Array {
  const q = new Float64Array(p.length).fill(Number.NaN)
  const order = Uint32Array.from(p.keys()).filter((test) => !Number.isNaN(p[test]!))
  order.sort((one, other) => p[one]! - p[other]!)
  let least = 1
  for (let rank = order.length; rank > 0; rank--) {
    const test = order[rank - 1]!
    least = Math.min(least, (p[test]! * order.length) / rank)
    q[test] = least
  }
  return q
}

/** 1 where a discovery of half 0 is confirmed on half 1 with the same sign, else 0; NaN if unchecked. */
export function replicatedOnHalf(difference0: number, q0: number, difference1: number, q1: number): number {
  if (Number.isNaN(q0) || Number.isNaN(q1)) return Number.NaN
  const same = Math.sign(difference0) === Math.sign(difference1)
  return q0 < SIGNIFICANT && q1 < SIGNIFICANT && same ? 1 : 0
}

/** Chance that a value of `a` is above one of `b`, ties counted half, from values sorted upwards. */
export function aurocSorted(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let below = 0
  let notAbove = 0
  let twice = 0
  for (const value of a) {
    while (below < b.length && b[below]! < value) below++
    while (notAbove < b.length && b[notAbove]! <= value) notAbove++
    twice += below + notAbove
  }
  return twice / (2 * a.length * b.length)
}

/** Moments of finite values in double precision, relative to their first so that an offset costs no digits. */
export function momentsOf(values: Float32Array | Float64Array): Moments {
  let pivot = 0
  let n = 0
  let sum = 0
  let squares = 0
  let absolutes = 0
  let firing = 0
  let max = -Infinity
  let min = Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (n === 0) pivot = value
    const deviation = value - pivot
    n++
    sum += deviation
    squares += deviation * deviation
    absolutes += Math.abs(value)
    if (value > 0) firing++
    if (value > max) max = value
    if (value < min) min = value
  }
  const spread = Math.sqrt(Math.max(0, squares - (sum * sum) / n) / (n - 1))
  return {
    n,
    nonfinite: values.length - n,
    mean: n > 0 ? pivot + sum / n : Number.NaN,
    meanAbs: absolutes / n,
    sd: n < 2 ? Number.NaN : max === min ? 0 : spread,
    firingRate: firing / n,
    max: n > 0 ? max : Number.NaN,
    min: n > 0 ? min : Number.NaN,
  }
}
