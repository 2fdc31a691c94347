/** Picked: which samples stand for a unit. Pure. */

import { type TopSample, topRows } from "../engine/top"

export const PICKS = ["top", "least", "quantiles", "random"] as const
export type Pick = (typeof PICKS)[number]

/** `k` rows by falling value; least ones by rising value. `seed` draws the random ones. */
export function pickRows(values: Float32Array, by: Pick, k: number, seed = 1): TopSample[] {
  if (by === "top" || by === "least") return topRows(values, k, null, by === "top")
  const finite = [...values.keys()].filter((row) => Number.isFinite(values[row]!))
  const of = (rows: readonly number[]): TopSample[] => rows.map((row) => ({ row, value: values[row]! }))
  if (by === "random") return of(drawn(finite, k, seed).sort((one, other) => values[other]! - values[one]!))
  const falling = finite.sort((one, other) => values[other]! - values[one]! || one - other)
  const many = Math.min(k, falling.length)
  return of(Array.from({ length: many }, (_, at) => falling[many < 2 ? 0 : Math.round((at * (falling.length - 1)) / (many - 1))]!))
}

/** Without putting back; the same for the same seed. Reference: Fisher and Yates 1938; numbers by mulberry32. */
function drawn(rows: number[], k: number, seed: number): number[] {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const many = Math.min(k, rows.length)
  for (let at = 0; at < many; at++) {
    const other = at + Math.floor(next() * (rows.length - at))
    ;[rows[at], rows[other]] = [rows[other]!, rows[at]!]
  }
  return rows.slice(0, many)
}
