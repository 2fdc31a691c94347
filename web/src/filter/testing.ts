/** The tables of the conformance corpus as columns; for tests only. */

import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { boolColumn, type Column, type Columns, columnsOf, numberColumn, textColumn } from "./columns"

/** One column from plain values, as the corpus writes them: null, numbers or "Infinity", texts, true and false. */
export function columnFrom(name: string, kind: string, values: readonly unknown[]): Column {
  if (kind === "number") return numberColumn(name, Float64Array.from(values, (one) => (one === null ? NaN : Number(one))))
  if (kind === "bool") return boolColumn(name, Uint8Array.from(values, (one) => (one === null ? 255 : Number(one))))
  const distinct = [...new Set(values.filter((one): one is string => one !== null))].sort()
  return textColumn(name, Int32Array.from(values, (one) => distinct.indexOf(one as string)), distinct)
}

interface Table {
  rows: number
  columns: { name: string; kind: string; values: unknown[] }[]
  activations?: Record<string, (number | null)[][]>
}

interface Pointed<Kind> {
  table: string
  expression: string
  kind: Kind
  position: number
  length: number
  suggestion: string | null
  message: string
}

interface Corpus {
  tables: Record<string, Table>
  masks: { table: string; expression: string; mask: number[] }[]
  errors: Pointed<string>[]
  hints: Pointed<string | null>[]
  canonical: { expression: string; text: string }[]
  numbers: { number: number; text: string }[]
  nearest: { word: string; options: string[]; nearest: string | null }[]
}

/** Read by JSON.parse: Vite's own importer of JSON refuses halves of characters. */
const read = (name: string): unknown => JSON.parse(readFileSync(resolve(import.meta.dirname, `../../../tests/conformance/${name}.json`), "utf8"))
export const corpus = read("filters") as Corpus
export const names = read("names") as readonly { column: string; value: string | number | boolean; name: string }[]

export function columnsFrom(table: Table): Columns {
  const held = new Map(Object.entries(table.activations ?? {}))
  const activation: NonNullable<Columns["activation"]> = (layer, unit) => {
    const values = held.get(layer)?.[unit]
    return values === undefined
      ? { problem: `${layer}:${unit} is not recorded` }
      : Float64Array.from(values, (one) => one ?? NaN)
  }
  const columns = table.columns.map(({ name, kind, values }) => columnFrom(name, kind, values))
  return columnsOf(table.rows, columns, held.size > 0 ? activation : undefined)
}

export const tables: ReadonlyMap<string, Columns> = new Map(
  Object.entries(corpus.tables).map(([name, table]) => [name, columnsFrom(table)]),
)
