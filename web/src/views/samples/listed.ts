/** Listed: which samples the table shows, in which order, and what of them. Pure. */

import type { Manifest } from "../../contract/manifest"
import type { Samples } from "../../engine/samples"
import type { Column } from "../../filter/columns"
import { equalTo } from "../../filter/text"
import type { View } from "../../state/view"
import type { Explorer, Side } from "../explorer.svelte"

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

/** Whose samples are listed where both groups are set: those of either, of one, of both. */
export type Within = "either" | Side | "both"
const WITHIN: readonly Within[] = ["a", "b", "both"]

export interface Listing {
  readonly sort: string | null
  readonly falling: boolean
  readonly answers: Answers
  readonly within: Within
}

/** A group that is set; its mask is null while what its filter asks for is being read. */
export interface Group {
  readonly side: Side
  readonly expression: string
  readonly mask: Uint8Array | null
}

/** The groups that are set and can be read. */
export function groupsOf({ columns, engine, expressionA, expressionB }: Pick<Explorer, "columns" | "engine" | "expressionA" | "expressionB">): Group[] {
  return (["a", "b"] as const).flatMap((side): Group[] => {
    const expression = side === "a" ? expressionA : expressionB
    if (!columns || expression === null) return []
    const answer = engine.mask(expression)
    if ("mask" in answer) return [{ side, expression, mask: answer.mask }]
    return answer.error.pending ? [{ side, expression, mask: null }] : []
  })
}

/** Of the groups those that are listed. */
const listedOf = (groups: readonly Group[], within: Within): readonly Group[] => groups.filter(({ side }) => groups.length < 2 || within !== (side === "a" ? "b" : "a"))
const wordOf = (within: Within): string => (within === "both" ? " and " : " or ")

/** Who is listed, in words: `A or B`; empty for everyone. */
export function listedText(groups: readonly Group[], within: Within): string {
  return listedOf(groups, within).map(({ side }) => side.toUpperCase()).join(wordOf(within))
}

/** 1 for each row that the groups let in; null for every row. */
export function maskOf(groups: readonly Group[], within: Within): Uint8Array | null {
  const [one, other] = listedOf(groups, within).flatMap(({ mask }) => mask ?? [])
  if (!one || !other) return one ?? null
  return one.map((inside, row) => (within === "both" ? inside & other[row]! : inside | other[row]!))
}

/** A filter for what is listed; null for every sample. */
export function filterListed(groups: readonly Group[], { within, answers }: Listing): string | null {
  const some = listedOf(groups, within).map(({ expression }) => `(${expression})`)
  const right = answers === "all" ? [] : [equalTo("correct", answers === "right")]
  return [...(some.length > 0 ? [`(${some.join(wordOf(within))})`] : []), ...right].join(" and ") || null
}

export function listingOf(own: View["own"]): Listing {
  const answers = own["answers"]
  const within = WITHIN.find((one) => one === own["in"]) ?? "either"
  return { sort: own["sort"] ?? null, falling: own["desc"] === "1", answers: answers === "wrong" || answers === "right" ? answers : "all", within }
}

/** Rows of the listing; nulls come last, equal values by row. */
export function rowsListed(samples: Samples, mask: Uint8Array | null, { sort, falling, answers }: Omit<Listing, "within">): Uint32Array {
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
