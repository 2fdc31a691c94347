import type { BlockCard, ColumnCard, Manifest } from "../contract/manifest"
import { byteLength } from "../contract/validate"
import { ByteCache } from "./cache"
import { BlobError } from "./DataSource"
import { gunzip, inRows } from "./decode"

const CACHE_BYTES = 32_000_000

/** The bytes of a block as it is carried. */
export type Carry = (id: string, card: BlockCard) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>

/** Blobs out of their blocks: a block is fetched and decoded when it is first asked for, once, and kept a while. */
export class Blocks {
  readonly #manifest: Pick<Manifest, "blobs" | "blocks">
  readonly #carry: Carry
  readonly #open = new Map<string, Promise<ArrayBuffer>>()
  readonly #cache = new ByteCache(CACHE_BYTES)

  constructor(manifest: Pick<Manifest, "blobs" | "blocks">, carry: Carry) {
    this.#manifest = manifest
    this.#carry = carry
  }

  /** A fresh buffer, in C order. */
  async blob(id: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    const card = this.#manifest.blobs[id]
    if (!card) throw new BlobError(`there is no array ${id} on this page`)
    const whole = await this.#block(card.block)
    signal?.throwIfAborted()
    return inRows(card, new Uint8Array(whole, card.offset, byteLength(card))).buffer
  }

  async #block(id: string): Promise<ArrayBuffer> {
    const cached = this.#cache.get(id)
    if (cached) return cached
    const running = this.#open.get(id)
    if (running) return running
    const opening = this.#decode(id).finally(() => this.#open.delete(id))
    this.#open.set(id, opening)
    const buffer = await opening
    this.#cache.set(id, buffer)
    return buffer
  }

  async #decode(id: string): Promise<ArrayBuffer> {
    const card = this.#manifest.blocks[id]
    if (!card) throw new BlobError(`there is no block ${id} on this page`)
    try {
      const bytes = await this.#carry(id, card)
      if (bytes.length !== card.bytes) throw new BlobError(`${bytes.length} bytes where ${card.bytes} were announced`)
      if (card.codec === "gzip") return await gunzip(bytes, card.raw)
      if (bytes.length !== card.raw) throw new BlobError(`${bytes.length} bytes where ${card.raw} were announced`)
      return bytes.slice().buffer
    } catch (problem) {
      throw new BlobError(`block ${id} is damaged: ${problem instanceof Error ? problem.message : String(problem)}`)
    }
  }
}

/** The manifest with its long texts in place. A column whose texts are damaged is left out, and a note says so. */
export async function withTexts(manifest: Manifest, blob: (id: string) => Promise<ArrayBuffer>): Promise<Manifest> {
  const lost: string[] = []
  const read = async (column: ColumnCard): Promise<ColumnCard[]> => {
    if (column.texts === null) return [column]
    try {
      return [{ ...column, values: textsOf(await blob(column.texts)) }]
    } catch (problem) {
      lost.push(`The column ${column.name} cannot be read: ${(problem as Error).message}.`)
      return []
    }
  }
  const { samples, notes } = manifest
  const columns = (await Promise.all(samples.columns.map(read))).flat()
  return { ...manifest, samples: { ...samples, columns }, notes: [...notes, ...lost] }
}

function textsOf(buffer: ArrayBuffer): string[] {
  const values: unknown = JSON.parse(new TextDecoder().decode(buffer))
  if (!Array.isArray(values)) throw new BlobError("it holds no list of texts")
  return values.map(String)
}
