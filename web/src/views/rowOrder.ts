/** Row order: in which order samples are drawn. Pure. */

/** Orders of every recording; a named slice is one more. */
export const ROW_ORDERS = ["class", "groups", "mean", "likeness", "index"] as const

/** 0 where the first says so, 1 where the second does, -1 where neither. */
export function partsOf(one: Uint8Array, other: Uint8Array): Int32Array {
  return Int32Array.from(one, (first, row) => (first ? 0 : other[row] ? 1 : -1))
}

/** Rows by what they belong to, then by falling score; -1 (belongs to nothing) comes last, NaN after all numbers. */
export function ordered(n: number, codes: Int32Array | null, scores: Float32Array | null): Uint32Array {
  const rows = Uint32Array.from({ length: n }, (_, row) => row)
  const group = (row: number): number => ((codes?.[row] ?? 0) >>> 0)
  const score = (row: number): number => {
    const value = scores?.[row] ?? 0
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value
  }
  return rows.sort((one, other) => group(one) - group(other) || (score(other) > score(one) ? 1 : score(other) < score(one) ? -1 : one - other))
}

export interface Run {
  readonly code: number
  readonly start: number
  readonly end: number
}

/** Where each group of ordered rows begins and ends. */
export function runsOf(rows: Uint32Array, codes: Int32Array | null): Run[] {
  const runs: Run[] = []
  for (let start = 0; codes && start < rows.length; ) {
    const code = codes[rows[start]!]!
    let end = start
    while (end < rows.length && codes[rows[end]!] === code) end++
    runs.push({ code, start, end })
    start = end
  }
  return runs
}

/** The part of the ordered samples that a link has in sight, from 0 to 1; all of them where it does not say well. */
export function seenIn(text = ""): readonly [number, number] {
  const [from = NaN, to = NaN, ...rest] = text.split(",").map(Number)
  return rest.length === 0 && from >= 0 && from < to && to <= 1 ? [from, to] : [0, 1]
}
