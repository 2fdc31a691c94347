import type { BlockCard, ColumnCard, Manifest } from "../contract/manifest"
import { byteLength, ManifestError, readManifest } from "../contract/validate"
import { ByteCache } from "./cache"
import { BlobError, type DataSource } from "./DataSource"
import { decodeText, gunzip, inRows } from "./decode"

const CACHE_BYTES = 32_000_000

/** Data that lie in inert script blocks of the page itself. A block is decoded when it is first asked for. */
export class InlineSource implements DataSource {
  readonly kind = "inline"
  readonly #manifest: Manifest
  readonly #nodes = new Map<string, Element>()
  readonly #packed = new Map<string, Uint8Array<ArrayBuffer>>()
  readonly #open = new Map<string, Promise<ArrayBuffer>>()
  readonly #cache = new ByteCache(CACHE_BYTES)

  /** Throws ManifestError when the page holds no data, or data of another version. */
  constructor(page: ParentNode) {
    const node = page.querySelector("#nn-manifest")
    if (!node) throw new ManifestError("this page holds no data")
    this.#manifest = readManifest(parse(node.textContent ?? ""))
    for (const block of page.querySelectorAll("script[data-block]")) {
      this.#nodes.set(block.getAttribute("data-block") ?? "", block)
    }
  }

  /** A column whose texts are damaged is left out, and a note says so. */
  async manifest(): Promise<Manifest> {
    const lost: string[] = []
    const read = async (column: ColumnCard): Promise<ColumnCard[]> => {
      if (column.texts === null) return [column]
      try {
        return [{ ...column, values: textsOf(await this.blob(column.texts)) }]
      } catch (problem) {
        lost.push(`The column ${column.name} cannot be read: ${(problem as Error).message}.`)
        return []
      }
    }
    const { samples, notes } = this.#manifest
    const columns = (await Promise.all(samples.columns.map(read))).flat()
    return { ...this.#manifest, samples: { ...samples, columns }, notes: [...notes, ...lost] }
  }

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
      const bytes = this.#bytes(id, card)
      return card.codec === "gzip" ? await gunzip(bytes, card.raw) : bytes.slice().buffer
    } catch (problem) {
      throw new BlobError(`block ${id} is damaged: ${problem instanceof Error ? problem.message : String(problem)}`)
    }
  }

  /** Compressed bytes stay; the text they came from, larger, is dropped. */
  #bytes(id: string, card: BlockCard): Uint8Array<ArrayBuffer> {
    const held = this.#packed.get(id)
    if (held) return held
    const node = this.#nodes.get(id)
    if (!node) throw new BlobError("it is not in the page")
    const bytes = decodeText(node.textContent ?? "", card.bytes)
    this.#packed.set(id, bytes)
    this.#nodes.delete(id)
    node.remove()
    return bytes
  }
}

function textsOf(buffer: ArrayBuffer): string[] {
  const values: unknown = JSON.parse(new TextDecoder().decode(buffer))
  if (!Array.isArray(values)) throw new BlobError("it holds no list of texts")
  return values.map(String)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    throw new ManifestError(`the data of this page cannot be read: ${(problem as Error).message}`)
  }
}
