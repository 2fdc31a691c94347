/** Samples: the columns, ids, halves and previews of a page's rows. */

import type { ColumnCard, Manifest, SamplesCard } from "../contract/manifest"
import { boolColumn, type Column, numberColumn, textColumn } from "../filter/columns"
import type { TypedArray } from "../source/typed"
import type { Arrays } from "./arrays"

export type Cell = string | number | boolean | null

/** One sample's picture: rows of pixels, channels inside. */
export interface Preview {
  readonly width: number
  readonly height: number
  readonly channels: number
  readonly pixels: Uint8Array
}

export class Samples {
  readonly n: number
  /** Original id of each row. */
  readonly ids: Uint32Array
  /** Held-out half of each row, 0 or 1. */
  readonly half: Uint8Array
  /** In the order of the page. */
  readonly columns: Map<string, Column>

  constructor(n: number, ids: Uint32Array, half: Uint8Array, columns: readonly Column[]) {
    this.n = n
    this.ids = ids
    this.half = half
    const all = new Map(columns.map((column) => [column.name, column]))
    const numbers = (name: string, values: Uint32Array | Uint8Array): void => {
      if (!all.has(name)) all.set(name, numberColumn(name, Float64Array.from(values)))
    }
    numbers("sample", ids)
    numbers("half", half)
    this.columns = all
  }

  /** What a column says of a row. */
  cell(name: string, row: number): Cell {
    const column = this.columns.get(name)
    if (!column) return null
    if (column.kind === "text") return column.values[column.codes[row] ?? -1] ?? null
    const value = column.values[row] ?? Number.NaN
    if (column.kind === "bool") return value === 1 ? true : value === 0 ? false : null
    return Number.isNaN(value) ? null : value
  }
}

/** Which part of the table of samples is asked for. */
export interface Listed {
  readonly where: string | null
  readonly sort: string | null
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

/** A part of the table: `rows` are its samples from place `first` on, `samples` what is known of just these. */
export interface Sheet {
  readonly total: number
  readonly first: number
  readonly rows: Uint32Array
  readonly samples: Samples
}

/** Reads ids, halves and every column; a damaged column is left out, damaged halves count as half 1. */
export async function readSamples(arrays: Arrays, card: SamplesCard): Promise<Samples> {
  const { n } = card
  const orElse = async <T>(reading: Promise<T>, instead: T): Promise<T> => reading.catch(() => instead)
  const [ids, half, ...columns] = await Promise.all([
    orElse(readRows(arrays, card.ids, "the sample ids", n), Uint32Array.from({ length: n }, (_, row) => row)),
    orElse(readRows(arrays, card.half, "the held-out halves", n), new Uint8Array(n).fill(1)),
    ...card.columns.map((column) => orElse<Column | null>(readColumn(arrays, column, n), null)),
  ])
  const good = columns.filter((column) => column !== null)
  return new Samples(n, Uint32Array.from(ids), Uint8Array.from(half), good)
}

async function readRows(arrays: Arrays, id: string, what: string, n: number): Promise<TypedArray> {
  const data = await arrays.get(id, what)
  if (data.length !== n) throw arrays.damaged(what, `${data.length} rows where the page has ${n}`, id)
  return data
}

export async function readColumn(arrays: Arrays, card: ColumnCard, n: number): Promise<Column> {
  const { name } = card
  const what = `the column "${name}"`
  const data = await readRows(arrays, card.data, what, n)
  if (card.type === "text") return textColumn(name, Int32Array.from(data), card.values ?? [])
  if (card.type === "bool") return boolColumn(name, Uint8Array.from(data))
  const nulls = card.nulls === null ? null : Uint8Array.from(await arrays.get(card.nulls, what))
  return numberColumn(name, Float64Array.from(data), nulls)
}

/** The picture of a row, or null when the page has none. */
export async function readPreview(arrays: Arrays, manifest: Manifest, row: number): Promise<Preview | null> {
  const card = manifest.samples.preview
  if (!card) return null
  const { width, height, channels, rowsPerChunk } = card
  const id = card.blobs[Math.floor(row / rowsPerChunk)]
  if (id === undefined) return null
  const chunk = await arrays.get(id, "the pictures of the samples")
  if (!(chunk instanceof Uint8Array)) return null
  const size = width * height * channels
  const start = (row % rowsPerChunk) * size
  return { width, height, channels, pixels: chunk.subarray(start, start + size) }
}
