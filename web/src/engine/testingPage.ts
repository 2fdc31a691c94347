/** A page in memory for the engine's tests: blobs without a document. */

import type { ActivationCard, BlobCard, ColumnCard, Dtype, LayerCard, Manifest } from "../contract/manifest"
import type { DataSource } from "../source/DataSource"
import { tinyManifest } from "../source/tiny"

export class MemoryPage implements DataSource {
  readonly kind = "inline"
  readonly blobs: Record<string, BlobCard> = {}
  readonly bytes = new Map<string, ArrayBuffer>()
  readonly asked: string[] = []
  #manifest: Manifest | null = null

  /** Keeps an array and gives its id. */
  put(dtype: Dtype, shape: readonly number[], values: ArrayLike<number>): string {
    const id = `b${this.bytes.size}`
    const kinds = { u8: Uint8Array, i8: Int8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array, f64: Float64Array }
    const array = kinds[dtype as keyof typeof kinds].from(values)
    this.bytes.set(id, array.buffer)
    this.blobs[id] = { dtype, shape, layout: "rows", block: "k", offset: 0 }
    return id
  }

  finish(change: Partial<Manifest>): Manifest {
    this.#manifest = tinyManifest({ ...change, blobs: this.blobs })
    return this.#manifest
  }

  manifest(): Promise<Manifest> {
    return Promise.resolve(this.#manifest!)
  }

  blob(id: string): Promise<ArrayBuffer> {
    this.asked.push(id)
    const bytes = this.bytes.get(id)
    return bytes ? Promise.resolve(bytes.slice(0)) : Promise.reject(new Error(`block of ${id} is damaged`))
  }
}

export function layerCard(name: string, units: number, rank: number, change: Partial<LayerCard> = {}): LayerCard {
  return {
    name,
    label: name,
    kind: rank === 0 ? "input" : "dense",
    unitWord: "neuron",
    activation: null,
    operator: "linear",
    module: name,
    units,
    rank,
    position: [],
    unitNames: null,
    signed: true,
    output: false,
    parametrised: rank > 0,
    ...change,
  }
}

/** Values of `layer` by row as i8 codes of `scale`, two chunks. */
export function activationCard(page: MemoryPage, layer: string, rows: readonly (readonly number[])[], scale: number): ActivationCard {
  const units = rows[0]?.length ?? 0
  const rowsPerChunk = Math.ceil(rows.length / 2)
  const chunk = (start: number): string => {
    const some = rows.slice(start, start + rowsPerChunk)
    const codes = some.flat().map((value) => (Number.isFinite(value) ? Math.round(value / scale) : -128))
    return page.put("i8", [some.length, units], codes)
  }
  return {
    layer,
    site: "post",
    reduction: "value",
    scheme: "i8",
    levels: 127,
    scale: page.put("f32", [units], new Array<number>(units).fill(scale)),
    error: scale / 2,
    chunks: [chunk(0), chunk(rowsPerChunk)],
    rowsPerChunk,
    nonfinite: null,
  }
}

export function textCard(page: MemoryPage, name: string, texts: readonly string[]): ColumnCard {
  const values = [...new Set(texts)].sort()
  const data = page.put("i32", [texts.length], texts.map((text) => values.indexOf(text)))
  return { name, type: "text", source: "metadata", data, nulls: null, values, texts: null }
}

export function numberCard(page: MemoryPage, name: string, numbers: readonly number[]): ColumnCard {
  const data = page.put("f64", [numbers.length], numbers)
  return { name, type: "number", source: "metadata", data, nulls: null, values: null, texts: null }
}
