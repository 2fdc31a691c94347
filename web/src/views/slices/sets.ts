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
  readonly mask: Uint8Array | null
  readonly n: number
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

/** A name as it is kept. */
export const labelOf = (name: string): string => name.replaceAll(/\s+/g, " ").trim()

/** The named slice that has a name already. */
export function namesake(named: readonly NamedSlice[], name: string): NamedSlice | undefined {
  return named.find((one) => one.name === labelOf(name))
}

/** Samples that are neither in a slice nor in its opposite: the answer is null. */
export const unknownIn = (n: number, inside: number, outside: number): number => n - inside - outside

/** A filter of columns that are there; every recording has the samples' numbers. */
export function exampleOf(columns: Columns | null): string {
  for (const column of columns?.columns.values() ?? []) if (column.kind === "text" && column.values[0]) return `sample < 100 and ${equalTo(column.name, column.values[0])}`
  return "sample < 100"
}

export interface Overlap {
  readonly n: number
  /** Shared of all in either; NaN where both are empty. */
  readonly jaccard: number
}

export function overlapOf(one: Uint8Array, other: Uint8Array): Overlap {
  let both = 0
  let either = 0
  for (let row = 0; row < one.length; row++) {
    both += one[row]! & other[row]!
    either += one[row]! | other[row]!
  }
  return { n: both, jaccard: either > 0 ? both / either : Number.NaN }
}
