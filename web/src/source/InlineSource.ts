import type { BlockCard, Manifest } from "../contract/manifest"
import { ManifestError, readManifest } from "../contract/validate"
import { Blocks, withTexts } from "./Blocks"
import { BlobError, type DataSource } from "./DataSource"
import { decodeText } from "./decode"

/** Data that lie in inert script blocks of the page itself. A block is decoded when it is first asked for. */
export class InlineSource implements DataSource {
  readonly kind = "inline"
  readonly #manifest: Manifest
  readonly #blocks: Blocks
  readonly #nodes = new Map<string, Element>()
  readonly #packed = new Map<string, Uint8Array<ArrayBuffer>>()

  /** Throws ManifestError when the page holds no data, or data of another version. */
  constructor(page: ParentNode) {
    const node = page.querySelector("#nn-manifest")
    if (!node) throw new ManifestError("this page holds no data")
    this.#manifest = readManifest(parse(node.textContent ?? ""))
    this.#blocks = new Blocks(this.#manifest, (id, card) => this.#bytes(id, card))
    for (const block of page.querySelectorAll("script[data-block]")) {
      this.#nodes.set(block.getAttribute("data-block") ?? "", block)
    }
  }

  manifest(): Promise<Manifest> {
    return withTexts(this.#manifest, (id) => this.blob(id))
  }

  blob(id: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    return this.#blocks.blob(id, signal)
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (problem) {
    throw new ManifestError(`the data of this page cannot be read: ${(problem as Error).message}`)
  }
}
