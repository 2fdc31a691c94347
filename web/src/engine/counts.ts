/**
 * Counts of codes: how often each of the 256 codes occurs, per unit.
 *
 * Everything the page says of a quantised unit (mean, spread, firing rate, extremes, AUROC) follows from these counts
 * exactly, in integers. 32 units at a time, so that the table (32 kB) stays in the first-level cache: 20 M values in
 * about 28 ms here, where summing codes, squares, firings and maxima apart takes 135 ms.
 */

import type { Codes, SampledLayer } from "./layer"
import type { Moments } from "./stats"

/** Units counted at a time. */
export const TILE = 32
/** Rows counted between two looks at the clock. */
const STRETCH = 16_384

export const newTable = (): Uint32Array => new Uint32Array(TILE * 256)

/** Adds the codes of `rows` (rising) of the units from `first` on to `table`; yields now and then. */
export function* count(
  layer: SampledLayer,
  first: number,
  rows: Uint32Array,
  table: Uint32Array,
): Generator<void, void> {
  const { units, rowsPerChunk } = layer.plan
  const width = Math.min(TILE, units - first)
  let from = 0
  while (from < rows.length) {
    const chunkIndex = Math.floor(rows[from]! / rowsPerChunk)
    const start = chunkIndex * rowsPerChunk
    let to = from
    const limit = Math.min(rows.length, from + STRETCH)
    while (to < limit && rows[to]! < start + rowsPerChunk) to++
    const chunk = layer.chunks[chunkIndex]
    if (chunk instanceof Uint8Array) countStretch(chunk, units, first - start * units, width, rows, from, to, table)
    from = to
    yield
  }
}

function countStretch(
  codes: Uint8Array,
  units: number,
  offset: number,
  width: number,
  rows: Uint32Array,
  from: number,
  to: number,
  table: Uint32Array,
): void {
  for (let index = from; index < to; index++) {
    const at = rows[index]! * units + offset
    for (let unit = 0, base = 0; unit < width; unit++, base += 256) table[base | codes[at + unit]!]!++
  }
}

/** Sums over the finite codes of one unit in one group; two groups' sums add up. */
export interface CodeSums {
  n: number
  nonfinite: number
  sum: number
  squares: number
  absolutes: number
  firing: number
  low: number
  high: number
}

/** Sums of one unit's 256 counts. */
export function sumCounts(table: Uint32Array, unit: number, codes: Codes): CodeSums {
  const base = unit * 256
  const sums: CodeSums = {
    n: 0,
    nonfinite: table[base + codes.missing]!,
    sum: 0,
    squares: 0,
    absolutes: 0,
    firing: 0,
    low: Infinity,
    high: -Infinity,
  }
  for (let code = codes.low; code <= codes.high; code++) {
    const times = table[base + (code & 255)]!
    if (times === 0) continue
    sums.n += times
    sums.sum += times * code
    sums.squares += times * code * code
    sums.absolutes += times * Math.abs(code)
    if (code > 0) sums.firing += times
    if (code < sums.low) sums.low = code
    sums.high = code
  }
  return sums
}

export function addSums(a: CodeSums, b: CodeSums): CodeSums {
  return {
    n: a.n + b.n,
    nonfinite: a.nonfinite + b.nonfinite,
    sum: a.sum + b.sum,
    squares: a.squares + b.squares,
    absolutes: a.absolutes + b.absolutes,
    firing: a.firing + b.firing,
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
  }
}

/** Moments of the values code * scale. */
export function momentsOfSums(sums: CodeSums, scale: number): Moments {
  const { n } = sums
  const mean = sums.sum / n
  const spread = Math.sqrt(Math.max(0, sums.squares - sums.sum * mean) / (n - 1))
  return {
    n,
    nonfinite: sums.nonfinite,
    mean: mean * scale,
    meanAbs: (sums.absolutes / n) * Math.abs(scale),
    sd: n < 2 ? Number.NaN : sums.low === sums.high ? 0 : spread * Math.abs(scale),
    firingRate: sums.firing / n,
    max: n > 0 ? sums.high * scale : Number.NaN,
    min: n > 0 ? sums.low * scale : Number.NaN,
  }
}

/** Chance that a code of `a` is above one of `b`, ties counted half: mid-ranks by counting, exact. */
export function aurocOfCounts(a: readonly Uint32Array[], b: readonly Uint32Array[], unit: number, codes: Codes): number {
  const base = unit * 256
  let below = 0
  let nA = 0
  let twice = 0
  for (let code = codes.low; code <= codes.high; code++) {
    const place = base + (code & 255)
    let inA = 0
    let inB = 0
    for (const table of a) inA += table[place]!
    for (const table of b) inB += table[place]!
    twice += inA * (2 * below + inB)
    below += inB
    nA += inA
  }
  return twice / (2 * nA * below)
}
