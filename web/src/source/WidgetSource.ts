import type { Manifest } from "../contract/manifest"
import { readManifest } from "../contract/validate"
import { Blocks, withTexts } from "./Blocks"
import { readAnswer } from "./answer"
import type { About, Answer, DataSource, SourceEvent } from "./DataSource"
import { Kernel, type WidgetModel } from "./Kernel"

type Ask = { ask: "about" } | { ask: "manifest" } | { ask: "block"; block: string } | { ask: "query"; name: string; params: object }

/** Data of a notebook's kernel. */
export class WidgetSource implements DataSource {
  readonly kind = "widget"
  readonly #kernel: Kernel
  #recording: string | null
  #read: Promise<{ manifest: Manifest; blocks: Blocks }> | null = null

  /** `recording`: the id of one of those that the widget holds; null is the first. */
  constructor(of: WidgetModel | Kernel, recording: string | null = null) {
    this.#kernel = of instanceof Kernel ? of : new Kernel(of)
    this.#recording = recording
  }

  /** The recording as it is now: asked anew each time. */
  async manifest(): Promise<Manifest> {
    this.#read = null
    const { manifest, blocks } = await this.#begin()
    return withTexts(manifest, (id) => blocks.blob(id))
  }

  async blob(id: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    const { blocks } = await this.#begin()
    return blocks.blob(id, signal)
  }

  async about(): Promise<About> {
    return parsed(await this.#ask({ ask: "about" })) as About
  }

  async query(name: string, params: object, signal?: AbortSignal): Promise<Answer> {
    return readAnswer(await this.answer(name, params, signal))
  }

  /** The answer of Python to a query, as it is framed over HTTP. */
  answer(name: string, params: object, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return this.#ask({ ask: "query", name, params }, signal)
  }

  another(id: string): DataSource {
    return new WidgetSource(this.#kernel, id)
  }

  subscribe(listener: (event: SourceEvent) => void): () => void {
    return this.#kernel.subscribe(listener)
  }

  close(): void {
    this.#kernel.close()
  }

  #begin(): Promise<{ manifest: Manifest; blocks: Blocks }> {
    this.#read ??= this.#ask({ ask: "manifest" }).then((bytes) => {
      const manifest = readManifest(parsed(bytes))
      // What is asked from here on is of what the page shows, whatever is recorded in its place.
      this.#recording = manifest.id
      return { manifest, blocks: new Blocks(manifest, (block) => this.#ask({ ask: "block", block })) }
    })
    return this.#read
  }

  #ask(question: Ask, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return this.#kernel.ask({ ...question, ...(this.#recording === null ? {} : { recording: this.#recording }) }, signal)
  }
}

function parsed(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}
