import type { Manifest } from "../contract/manifest"
import { readManifest } from "../contract/validate"
import { Blocks, withTexts } from "./Blocks"
import { readAnswer } from "./answer"
import { type About, type Answer, type DataSource, Refused, type SourceEvent } from "./DataSource"

/** What is used of a notebook widget's model (the anywidget front-end contract). */
export interface WidgetModel {
  get(key: string): unknown
  set(key: string, value: unknown): void
  save_changes(): void
  send(content: unknown): void
  on(event: string, listener: (...values: never[]) => void): void
  off(event: string, listener: (...values: never[]) => void): void
}

type Ask = { ask: "about" } | { ask: "manifest" } | { ask: "block"; block: string } | { ask: "query"; name: string; params: object }

interface Waiting {
  resolve(bytes: Uint8Array<ArrayBuffer>): void
  reject(problem: unknown): void
}

/** Data of a kernel: one message for each question, the answer as one buffer. */
export class WidgetSource implements DataSource {
  readonly kind = "widget"
  readonly #model: WidgetModel
  readonly #recording: string | null
  readonly #waiting = new Map<string, Waiting>()
  readonly #heard = (content: unknown, buffers: DataView[]): void => this.#hear(content, buffers)
  /** Several views of one widget hear each other's answers: the number of a question says whose it is. */
  readonly #mine = crypto.getRandomValues(new Uint32Array(2)).join("-")
  readonly #listeners = new Set<(event: SourceEvent) => void>()
  #next = 0
  #read: Promise<{ manifest: Manifest; blocks: Blocks }> | null = null

  /** `recording`: the id of one of those that the widget holds; null is the first. */
  constructor(model: WidgetModel, recording: string | null = null) {
    this.#model = model
    this.#recording = recording
    model.on("msg:custom", this.#heard)
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

  /** Told what is new in the recordings; returns what ends it. */
  subscribe(listener: (event: SourceEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Python ends what this page asked for, and looks for news for the others alone. */
  close(): void {
    this.#model.off("msg:custom", this.#heard)
    this.#model.send({ id: `${this.#mine}-${this.#next}`, ask: "leave" })
    for (const one of this.#waiting.values()) one.reject(new Refused("closed", "the widget was closed"))
    this.#waiting.clear()
  }

  #begin(): Promise<{ manifest: Manifest; blocks: Blocks }> {
    this.#read ??= this.#ask({ ask: "manifest" }).then((bytes) => {
      const manifest = readManifest(parsed(bytes))
      return { manifest, blocks: new Blocks(manifest, (block) => this.#ask({ ask: "block", block })) }
    })
    return this.#read
  }

  #ask(question: Ask, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const id = `${this.#mine}-${this.#next++}`
      const stop = (): void => {
        if (!this.#waiting.delete(id)) return
        this.#model.send({ id, ask: "cancel" })
        reject(signal?.reason)
      }
      const done = (): void => signal?.removeEventListener("abort", stop)
      signal?.addEventListener("abort", stop, { once: true })
      this.#waiting.set(id, { resolve: (bytes) => (done(), resolve(bytes)), reject: (problem) => (done(), reject(problem)) })
      this.#model.send({ id, ...question, ...(this.#recording === null ? {} : { recording: this.#recording }) })
    })
  }

  #hear(content: unknown, buffers: DataView[]): void {
    const { id, error, event } = (content ?? {}) as { id?: string; error?: { kind?: string; message?: string }; event?: SourceEvent }
    if (event) for (const listener of this.#listeners) listener(event)
    const one = id === undefined ? undefined : this.#waiting.get(id)
    if (id === undefined || !one) return
    this.#waiting.delete(id)
    const bytes = buffers?.[0]
    if (error) one.reject(new Refused(String(error.kind), String(error.message)))
    else if (!bytes) one.reject(new Refused("empty", "the kernel's answer carries nothing"))
    // A view on a larger buffer: only this part of it is the answer.
    else one.resolve(new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength))
  }
}

function parsed(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes))
}
