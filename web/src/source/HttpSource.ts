import type { Manifest } from "../contract/manifest"
import { readManifest } from "../contract/validate"
import { readAnswer } from "./answer"
import { Blocks, withTexts } from "./Blocks"
import { type About, type Answer, type DataSource, Refused, type SourceEvent } from "./DataSource"

/** Data of a server on this machine; whom it answers it knows by the cookie that its link gave. */
export class HttpSource implements DataSource {
  readonly kind = "http"
  readonly #base: string
  #recording: string | null
  #blocks: Promise<Blocks> | null = null

  /** `recording`: the id of one that is served; null is the first. */
  constructor(base = "api/", recording: string | null = null) {
    this.#base = base
    this.#recording = recording
  }

  /** The recording as it is now: asked anew each time. */
  async manifest(): Promise<Manifest> {
    const path = this.#recording === null ? "manifest" : `manifest/${encodeURIComponent(this.#recording)}`
    const manifest = readManifest(await (await this.#get(path)).json())
    // What is asked from here on is of what the page shows, whatever is recorded in its place.
    this.#recording = manifest.id
    const blocks = new Blocks(manifest, async (id) => bytesOf(await this.#get(`blob/${encodeURIComponent(id)}`)))
    this.#blocks = Promise.resolve(blocks)
    return withTexts(manifest, (id) => blocks.blob(id))
  }

  async blob(id: string, signal?: AbortSignal): Promise<ArrayBuffer> {
    this.#blocks ??= this.manifest().then(() => this.#blocks!)
    return (await this.#blocks).blob(id, signal)
  }

  async query(name: string, params: object, signal?: AbortSignal): Promise<Answer> {
    return readAnswer(await bytesOf(await this.#post("query", { name, params, ...this.#which }, signal)))
  }

  async about(): Promise<About> {
    return (await (await this.#get("recordings")).json()) as About
  }

  another(id: string): DataSource {
    return new HttpSource(this.#base, id)
  }

  async saveSlice(name: string, expression: string | null): Promise<void> {
    await this.#post("slices", { name, expression, ...this.#which })
  }

  subscribe(listener: (event: SourceEvent) => void): () => void {
    const stream = new EventSource(`${this.#base}events`)
    let lost = false
    stream.addEventListener("message", ({ data }) => listener(JSON.parse(String(data)) as SourceEvent))
    stream.addEventListener("error", () => (lost = true))
    stream.addEventListener("open", () => {
      // What happened meanwhile was not heard.
      if (lost) listener({ kind: "commit", recording: "", sequence: 0 })
      lost = false
    })
    return () => stream.close()
  }

  get #which(): { recording?: string } {
    return this.#recording === null ? {} : { recording: this.#recording }
  }

  #get(path: string): Promise<Response> {
    return this.#fetch(path, {})
  }

  #post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    return this.#fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: signal ?? null })
  }

  async #fetch(path: string, options: RequestInit): Promise<Response> {
    let answer: Response
    try {
      answer = await fetch(this.#base + path, options)
    } catch (problem) {
      options.signal?.throwIfAborted()
      throw new Refused("gone", `the server does not answer (${(problem as Error).message}): start it again with neuronaut show`)
    }
    if (answer.ok) return answer
    const said = ((await answer.json().catch(() => null)) as { error?: { kind?: string; message?: string } } | null)?.error
    throw new Refused(said?.kind ?? String(answer.status), said?.message ?? `the server answered ${answer.status}`)
  }
}

async function bytesOf(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await answer.arrayBuffer())
}
