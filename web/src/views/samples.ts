/** Samples: one sample in a few words. Pure. */

import type { ColumnCard } from "../contract/manifest"
import type { Cell, Samples } from "../engine/samples"
import { number } from "../ui/format"

export function cellText(cell: Cell): string {
  if (cell === null) return "null"
  if (typeof cell === "boolean") return cell ? "true" : "false"
  return typeof cell === "number" ? (Number.isInteger(cell) ? String(cell) : number(cell)) : cell
}

export interface Fact {
  readonly name: string
  readonly value: string
}

/** Every metadata column of a row, in the order of the page. */
export function factsOf(samples: Samples, cards: readonly ColumnCard[], row: number): Fact[] {
  return cards
    .filter((card) => card.source === "metadata" && samples.columns.has(card.name))
    .map((card) => ({ name: card.name, value: cellText(samples.cell(card.name, row)) }))
}

const BARE = new Set(["yes", "no", "true", "false", "null", ""])

/** A few words for one line: text speaks for itself, numbers and yes or no need their column's name. */
export function inBrief(facts: readonly Fact[], most = 4): string[] {
  return facts.slice(0, most).map(({ name, value }) => (BARE.has(value) || value.trim() === "" || !Number.isNaN(Number(value.replace("−", "-"))) ? `${name} ${value}` : value))
}
