/** Listed: which samples the table shows, in which order, and what of them. Pure. */

import type { ColumnCard, Manifest } from "../../contract/manifest"
import type { Samples } from "../../engine/samples"
import type { Column } from "../../filter/columns"
import { nameText } from "../../filter/text"
import type { View } from "../../state/view"

/** What the model said of a sample, as columns. */
const SAID = ["prediction", "correct", "loss"] as const

/** Columns of the table: the user's own, then what the model said. */
export function columnsOf(manifest: Manifest, samples: Samples, all = false): readonly Column[] {
  const { columns } = manifest.samples
  if (all) return [...samples.columns.values()].filter(({ name }) => (name !== "sample" && name !== "half") || columns.some((card) => card.name === name && card.source === "metadata"))
  const own = columns.filter((card) => card.source === "metadata").map((card) => card.name)
  const said = SAID.filter((name) => !own.includes(name))
  return [...own, ...said].flatMap((name) => samples.columns.get(name) ?? [])
}

/** Which answers are listed: all, the wrong, the right. */
export type Answers = "all" | "wrong" | "right"

export interface Listing {
  readonly sort: string | null
  readonly falling: boolean
  readonly answers: Answers
}

export function listingOf(own: View["own"]): Listing {
  const answers = own["answers"]
  return { sort: own["sort"] ?? null, falling: own["desc"] === "1", answers: answers === "wrong" || answers === "right" ? answers : "all" }
}

/** Rows of the listing; nulls come last, equal values by row. */
export function rowsListed(samples: Samples, mask: Uint8Array | null, { sort, falling, answers }: Listing): Uint32Array {
  const correct = answers === "all" ? undefined : samples.columns.get("correct")
  const wanted = answers === "right" ? 1 : 0
  const rows: number[] = []
  for (let row = 0; row < samples.n; row++) {
    if (mask && mask[row] !== 1) continue
    if (correct && (correct.kind === "text" || correct.values[row] !== wanted)) continue
    rows.push(row)
  }
  const column = sort === null ? undefined : samples.columns.get(sort)
  if (column) {
    const key = keyOf(column)
    const sign = falling ? -1 : 1
    rows.sort((one, other) => {
      const [a, b] = [key(one), key(other)]
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || one - other
      return sign * (a - b) || one - other
    })
  }
  return Uint32Array.from(rows)
}

/** Rows that are chosen, as the link keeps them: `3-7 12`. */
export function rowsText(rows: Iterable<number>): string | null {
  const parts: [number, number][] = []
  for (const row of [...rows].sort((one, other) => one - other)) {
    const run = parts.at(-1)
    if (run && row <= run[1] + 1) run[1] = row
    else parts.push([row, row])
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(" ") || null
}

/** The same, read; rows that are not there are left out. */
export function rowsOf(text: string | undefined, n: number): Set<number> {
  const rows = new Set<number>()
  for (const part of (text ?? "").split(" ")) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (from === undefined) continue
    for (let row = Number(from); row <= Math.min(n - 1, Number(to ?? from)); row++) rows.add(row)
  }
  return rows
}

/** A number to sort by; NaN is null. Texts by their code points, as Python sorts them. */
function keyOf(column: Column): (row: number) => number {
  if (column.kind === "text") {
    const order = [...column.values.keys()].sort((one, other) => (column.values[one]! < column.values[other]! ? -1 : 1))
    const rank = new Map(order.map((code, place) => [code, place]))
    return (row) => rank.get(column.codes[row] ?? -1) ?? Number.NaN
  }
  if (column.kind === "bool") return (row) => (column.values[row]! > 1 ? Number.NaN : column.values[row]!)
  return (row) => column.values[row] ?? Number.NaN
}

/** A filter that selects exactly these rows; null when `sample` is a column of the user's. */
export function filterOf(rows: readonly number[], samples: Samples, cards: readonly ColumnCard[]): string | null {
  if (cards.some((card) => card.name === "sample" && card.source === "metadata")) return null
  const ids = rows.map((row) => samples.ids[row]!).sort((one, other) => one - other)
  return `sample in [${ids.join(", ")}]`
}

/** What the model said of one sample: its classes by falling probability, and which is true. */
export interface Said {
  readonly name: string
  readonly probability: number
  readonly truth: boolean
  readonly predicted: boolean
}

export function saidOf(manifest: Manifest, samples: Samples, row: number): Said[] {
  const { classes, label } = manifest.task
  const truth = label === null ? null : samples.cell(label, row)
  const predicted = samples.cell("prediction", row)
  return (classes ?? [])
    .map((name) => ({ name, probability: Number(samples.cell(`p_${name}`, row) ?? Number.NaN), truth: meant(truth, name, classes!), predicted: meant(predicted, name, classes!) }))
    .sort(byChance)
}

const byChance = (one: Said, other: Said): number => (other.probability || 0) - (one.probability || 0)

/** The same of probabilities that the model gives now; the likeliest class is what it answers, as in Python the first of equals. */
export function saidNow(manifest: Manifest, chances: ReadonlyMap<string, number>, truth: string | number | boolean | null): Said[] {
  const classes = [...chances.keys()]
  const all = [...chances.values()]
  const answer = all.some(Number.isNaN) ? -1 : all.indexOf(Math.max(...all))
  const names = manifest.task.classes ?? classes
  return classes.map((name, at) => ({ name, probability: all[at]!, truth: meant(truth, name, names), predicted: at === answer })).sort(byChance)
}

/** A cell names a class by its name, by true or false, or by its number. */
function meant(cell: string | number | boolean | null, name: string, classes: readonly string[]): boolean {
  if (cell === null) return false
  if (String(cell) === name) return true
  if (classes.includes(String(cell))) return false
  return classes[Number(cell)] === name
}

/** `survived == "yes"`, for a cell of a column. */
export function columnText(name: string): string {
  return nameText(name)
}
