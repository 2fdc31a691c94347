/** Arrays: a page's blobs as typed arrays, read once, with what could not be read kept as problems. */

import type { BlobCard, Manifest } from "../contract/manifest"
import type { DataSource } from "../source/DataSource"
import { typed, type TypedArray } from "../source/typed"
import type { BlobProblem, WorkCounters } from "./api"

export class Arrays {
  readonly problems: BlobProblem[] = []
  readonly #source: Pick<DataSource, "blob">
  readonly #blobs: Readonly<Record<string, BlobCard>>
  readonly #counters: WorkCounters
  readonly #held = new Map<string, Promise<TypedArray>>()
  readonly #listeners = new Set<(problem: BlobProblem) => void>()

  constructor(source: Pick<DataSource, "blob">, manifest: Pick<Manifest, "blobs">, counters: WorkCounters) {
    this.#source = source
    this.#blobs = manifest.blobs
    this.#counters = counters
  }

  onProblem(listener: (problem: BlobProblem) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The array `id`, held from then on. `what` says in words what would be missing without it. */
  get(id: string, what: string): Promise<TypedArray> {
    const held = this.#held.get(id)
    if (held) return held
    const reading = this.#read(id, what)
    this.#held.set(id, reading)
    return reading
  }

  async #read(id: string, what: string): Promise<TypedArray> {
    const buffer = await this.buffer(id, what)
    try {
      const array = typed(this.#card(id), buffer)
      const length = this.#card(id).shape.reduce((product, size) => product * size, 1)
      if (array.length !== length) throw new Error(`${array.length} values where ${length} were announced`)
      return array
    } catch (problem) {
      throw this.damaged(what, problem, id)
    }
  }

  /** The bytes of `id`, not held: for arrays that move to the Worker. */
  async buffer(id: string, what: string): Promise<ArrayBuffer> {
    try {
      this.#card(id)
      const buffer = await this.#source.blob(id)
      this.#counters.blobsDecoded++
      return buffer
    } catch (problem) {
      throw this.damaged(what, problem, id)
    }
  }

  #card(id: string): BlobCard {
    const card = this.#blobs[id]
    if (!card) throw new Error(`there is no array ${id} on this page`)
    return card
  }

  /** Keeps the problem, tells who listens, and gives the error to throw. */
  damaged(what: string, cause: unknown, blob = ""): Error {
    const message = cause instanceof Error ? cause.message : String(cause)
    const problem = { blob, what, message }
    this.problems.push(problem)
    for (const listener of this.#listeners) listener(problem)
    return new Error(`${what}: ${message}`)
  }
}

/** The array as f64: chances may be smaller than f32 can say. */
export function asDoubles(array: TypedArray): Float64Array {
  return array instanceof Float64Array ? array : Float64Array.from(array)
}

/** The array as f32; other number types are converted. */
export function asFloats(array: TypedArray): Float32Array {
  return array instanceof Float32Array ? array : Float32Array.from(array)
}
