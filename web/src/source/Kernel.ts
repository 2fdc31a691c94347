import { Refused, type SourceEvent } from "./DataSource"

/** What is used of a notebook widget's model (the anywidget front-end contract). */
export interface WidgetModel {
  get(key: string): unknown
  set(key: string, value: unknown): void
  save_changes(): void
  send(content: unknown): void
  on(event: string, listener: (...values: never[]) => void): void
  off(event: string, listener: (...values: never[]) => void): void
}

interface Waiting {
  resolve(bytes: Uint8Array<ArrayBuffer>): void
  reject(problem: unknown): void
}

interface Said {
  readonly id?: string
  readonly error?: { readonly kind?: string; readonly message?: string }
  readonly event?: SourceEvent
  /** Whether Python wants to know who is there. */
  readonly call?: true
}

/** The kernel behind a widget: one message for each question, the answer as one buffer. */
export class Kernel {
  readonly #model: WidgetModel
  readonly #waiting = new Map<string, Waiting>()
  readonly #listen = (content: unknown, buffers: DataView[]): void => this.#hear((content ?? {}) as Said, buffers)
  readonly #leave = (): void => this.#say("leave")
  /** Several views of one widget hear each other's answers: the number of a question says whose it is. */
  readonly #mine = crypto.getRandomValues(new Uint32Array(2)).join("-")
  readonly #listeners = new Set<(event: SourceEvent) => void>()
  #next = 0

  constructor(model: WidgetModel) {
    this.#model = model
    model.on("msg:custom", this.#listen)
    addEventListener("pagehide", this.#leave)
  }

  ask(question: object, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
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
      this.#model.send({ id, ...question })
    })
  }

  /** Told what is new in the recordings; returns what ends it. */
  subscribe(listener: (event: SourceEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Python ends what this page asked for, and looks for news for the others alone. */
  close(): void {
    this.#model.off("msg:custom", this.#listen)
    removeEventListener("pagehide", this.#leave)
    this.#leave()
    for (const one of this.#waiting.values()) one.reject(new Refused("closed", "the widget was closed"))
    this.#waiting.clear()
  }

  #say(ask: "leave" | "here"): void {
    this.#model.send({ id: `${this.#mine}-${this.#next}`, ask })
  }

  #hear({ id, error, event, call }: Said, buffers: DataView[]): void {
    if (call) this.#say("here")
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
