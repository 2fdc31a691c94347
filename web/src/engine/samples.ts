/** Samples: the columns, ids, halves and previews of a page's rows. */

import type { ColumnCard, Manifest, SamplesCard } from "../contract/manifest"
import type { TypedArray } from "../source/typed"
import type { Arrays } from "./arrays"

/** One column to filter by and to show; NaN is a null number, -1 a null text, 255 a null bool. */
export type SampleColumn =
  | { readonly kind: "number"; readonly name: string; readonly values: Float64Array }
  | { readonly kind: "text"; readonly name: string; readonly codes: Int32Array; readonly values: readonly string[] }
  | { readonly kind: "bool"; readonly name: string; readonly values: Uint8Array }

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
  readonly columns: ReadonlyMap<string, SampleColumn>

  constructor(n: number, ids: Uint32Array, half: Uint8Array, columns: readonly SampleColumn[]) {
    this.n = n
    this.ids = ids
    this.half = half
    const all = new Map(columns.map((column) => [column.name, column]))
    const numbers = (name: string, values: Uint32Array | Uint8Array): void => {
      if (!all.has(name)) all.set(name, { kind: "number", name, values: Float64Array.from(values) })
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

/** Reads ids, halves and every column; a damaged column is left out, damaged halves count as half 1. */
export async function readSamples(arrays: Arrays, card: SamplesCard): Promise<Samples> {
  const { n } = card
  const orElse = async <T>(reading: Promise<T>, instead: T): Promise<T> => reading.catch(() => instead)
  const [ids, half, ...columns] = await Promise.all([
    orElse(arrays.get(card.ids, "the sample ids"), Uint32Array.from({ length: n }, (_, row) => row)),
    orElse(arrays.get(card.half, "the held-out halves"), new Uint8Array(n).fill(1)),
    ...card.columns.map((column) => orElse<SampleColumn | null>(readColumn(arrays, column, n), null)),
  ])
  const good = columns.filter((column) => column !== null)
  return new Samples(n, Uint32Array.from(ids), Uint8Array.from(half), good)
}

async function readColumn(arrays: Arrays, card: ColumnCard, n: number): Promise<SampleColumn> {
  const { name } = card
  const what = `the column "${name}"`
  const data = await arrays.get(card.data, what)
  if (data.length !== n) throw new Error(`${what} has ${data.length} rows, the page has ${n}`)
  if (card.type === "text") return { kind: "text", name, codes: Int32Array.from(data), values: card.values ?? [] }
  if (card.type === "bool") return { kind: "bool", name, values: Uint8Array.from(data) }
  const nulls: TypedArray | null = card.nulls === null ? null : await arrays.get(card.nulls, what)
  const values = Float64Array.from(data)
  if (nulls) for (let row = 0; row < n; row++) if (nulls[row] === 1) values[row] = Number.NaN
  return { kind: "number", name, values }
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
