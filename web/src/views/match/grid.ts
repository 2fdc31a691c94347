/** Grid: how alike every layer of one network is to every layer of another, as far as it is known. Pure. */

import type { LayerCard } from "../../contract/manifest"
import type { Result } from "../../engine/results"
import { csvOf } from "../../ui/csv"

/** Under Python's names. */
export const NAMES = ["debiased", "cka", "null", "p"] as const

export interface Likeness {
  readonly row: number
  readonly column: number
  /** NaN: not known. */
  readonly of: Readonly<Record<(typeof NAMES)[number], number>>
}

/** A question: one layer beside the columns `from` to `to`. */
export interface Part {
  readonly row: number
  readonly from: number
  readonly to: number
}

/** Recorded numbers that one question is about, where it is about more than one pair. */
const NUMBERS = 1 << 22
/** Samples that an answer looks at, at most. */
const SAMPLES = 4096

/** Row by row, so many layers at a time as are answered soon. */
export function partsOf(rows: readonly LayerCard[], columns: readonly LayerCard[], samples: number): Part[] {
  const n = Math.max(1, Math.min(samples, SAMPLES))
  return rows.flatMap(({ units }, row) => {
    const parts: Part[] = []
    let from = 0
    let sum = units
    columns.forEach((card, at) => {
      sum += card.units
      if (at > from && sum * n > NUMBERS) {
        parts.push({ row, from, to: at })
        from = at
        sum = units + card.units
      }
    })
    if (columns.length > 0) parts.push({ row, from, to: columns.length })
    return parts
  })
}

/** What an answer says. */
export function likenessesOf(found: Result, { row, from, to }: Part): Likeness[] {
  return Array.from({ length: to - from }, (_, at) => {
    const of = Object.fromEntries(NAMES.map((name) => [name, found.now(name)?.data[at] ?? Number.NaN])) as Likeness["of"]
    return { row, column: from + at, of }
  })
}

/** Above what 95 % of shuffled pairings stay below. */
export const beyond = ({ of }: Likeness): boolean => of.debiased > of.null

/** One path for all cells of a colour. */
export function pathsOf(cells: readonly Likeness[], colour: (cell: Likeness) => number, path: (cell: Likeness) => string): (readonly [number, string])[] {
  const paths = new Map<number, string>()
  for (const cell of cells) paths.set(colour(cell), (paths.get(colour(cell)) ?? "") + path(cell))
  return [...paths]
}

export function gridCsv(cells: readonly Likeness[], rows: readonly LayerCard[], columns: readonly LayerCard[], names: readonly [string, string], slice: string): string {
  const lines = cells.map(({ row, column, of }) => [rows[row]!.name, columns[column]!.name, ...NAMES.map((name) => of[name]), ...names, slice])
  return csvOf([["layer", "other_layer", ...NAMES, "recording", "other", "slice"], ...lines])
}
