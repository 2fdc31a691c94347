/** Sets: slices put together as filters, and how far they overlap. Pure. */

import type { SliceCard } from "../../contract/manifest"
import type { Columns } from "../../filter/columns"
import { equalTo } from "../../filter/text"
import type { NamedSlice } from "../explorer.svelte"

export type Operation = "and" | "or" | "but not" | "not"

/** The filter of two slices put together; of `not` only the first counts. */
export function combined(one: string, operation: Operation, other: string): string {
  const inner = (text: string): string => `(${text})`
  if (operation === "not") return `not ${inner(one)}`
  if (operation === "but not") return `${inner(one)} and not ${inner(other)}`
  return `${inner(one)} ${operation} ${inner(other)}`
}

export interface Row {
  readonly name: string
  readonly expression: string
  /** Where it comes from: kept in the recording or the link, a value of a column, or a group of the moment. */
  readonly kept: NamedSlice["kept"] | "category" | "group"
  /** For each sample 2 in it, 0 not in it, 1 unknown: the filter is null. */
  readonly truth: Uint8Array | null
  readonly counts: Counts
  /** Why it cannot be counted. */
  readonly problem: string
}

/** Slices to show: the named first, then the values of columns. */
export function listed(named: readonly NamedSlice[], cards: readonly SliceCard[], a: string | null, b: string | null): Pick<Row, "name" | "expression" | "kept">[] {
  const own = named.map(({ name, expression, kept }) => ({ name, expression, kept }))
  const groups = [["Group A", a] as const, ["Group B", b] as const].flatMap(([name, expression]) => (expression === null ? [] : [{ name, expression, kept: "group" as const }]))
  const values = cards.filter((card) => card.kind === "category").map(({ name, expression }) => ({ name, expression, kept: "category" as const }))
  return [...groups, ...own, ...values]
}

/** What a slice is told from the others by, wherever it stands in the list. */
export const keyOf = ({ kept, name }: Pick<Row, "kept" | "name">): string => `${kept}\t${name}`

/** A name as it is kept: no file and no link holds half of a sign. */
export const labelOf = (name: string): string => name.replaceAll(/\s+/g, " ").replaceAll(/\p{Cs}/gu, "\ufffd").trim()

/** The named slice that has a name already. */
export function namesake(named: readonly NamedSlice[], name: string): NamedSlice | undefined {
  return named.find((one) => one.name === labelOf(name))
}

/** Samples that are in, not in, and of which it is unknown: those are in neither a slice nor its opposite. */
export interface Counts {
  readonly n: number
  readonly out: number
  readonly unknown: number
}

export function countsOf(truth: Uint8Array): Counts {
  const counts: [out: number, unknown: number, n: number] = [0, 0, 0]
  for (const one of truth) counts[one as 0 | 1 | 2]++
  const [out, unknown, n] = counts
  return { n, out, unknown }
}

/** A filter of columns that are there; every recording has the samples' numbers. */
export function exampleOf(columns: Columns | null): string {
  for (const column of columns?.columns.values() ?? []) if (column.kind === "text" && column.values[0]) return `sample < 100 and ${equalTo(column.name, column.values[0])}`
  return "sample < 100"
}

/** Of one slice and another: who is in both, as SQL's `and` counts. */
export interface Overlap extends Counts {
  /** Shared of all in either; NaN where both are empty. */
  readonly jaccard: number
}

export function overlapOf(one: Uint8Array, other: Uint8Array): Overlap {
  const both = countsOf(one.map((truth, row) => Math.min(truth, other[row]!)))
  const either = countsOf(one.map((truth, row) => Math.max(truth, other[row]!)))
  return { ...both, jaccard: either.n > 0 ? both.n / either.n : Number.NaN }
}
