/** Results: what analyses found, under Python's names; arrays are read when they are asked for. */

import type { LayerCard, Manifest, ResultCard, ValueCard } from "../contract/manifest"
import type { TypedArray } from "../source/typed"
import type { Arrays } from "./arrays"

/** What an analysis was asked: the arguments of its Python function. */
export type Params = Readonly<Record<string, unknown>>

/** An array of a Result in C order. `texts`: the data are codes into it. */
export interface Value {
  readonly dims: readonly string[]
  readonly shape: readonly number[]
  readonly data: TypedArray
  readonly texts: readonly string[] | null
}

/** Why there is no such Result, in words for the page. */
export interface Missing {
  readonly missing: string
}

export class Result {
  readonly name: string
  readonly params: Params
  readonly layers: readonly string[]
  readonly coords: Readonly<Record<string, readonly string[]>>
  readonly n: Readonly<Record<string, number>>
  readonly notes: readonly string[]
  readonly #values: Readonly<Record<string, ValueCard>>
  readonly #shape: (blob: string) => readonly number[]
  readonly #arrays: Arrays
  readonly #known = new Map<string, Value>()
  readonly #places = new Map<string, readonly [number, number]>()
  readonly #units: number

  constructor(card: ResultCard, manifest: Pick<Manifest, "blobs">, arrays: Arrays, layers: ReadonlyMap<string, LayerCard>) {
    this.name = card.name
    this.params = readParams(card.params)
    this.layers = card.layers
    this.coords = card.coords
    this.n = card.n
    this.notes = card.notes
    this.#values = card.values
    this.#shape = (blob) => manifest.blobs[blob]?.shape ?? []
    this.#arrays = arrays
    let start = 0
    for (const name of card.layers) {
      const end = start + (layers.get(name)?.units ?? 0)
      this.#places.set(name, [start, end])
      start = end
    }
    this.#units = start
  }

  /** Names of its values. */
  get names(): readonly string[] {
    return Object.keys(this.#values)
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name)
  }

  /** One of its arrays; null when it has no such value. Rejects when the block is damaged. */
  async value(name: string): Promise<Value | null> {
    if (!this.has(name)) return null
    const { dims, data, texts } = this.#values[name]!
    const what = `${name.replace("\t", " of ")} (${this.name})`
    const array = await this.#arrays.get(data, what)
    const shape = this.#shape(data)
    const wrong = shape[dims.indexOf("unit")]
    if (wrong !== undefined && this.layers.length > 0 && dims.includes("unit") && wrong !== this.#units) {
      throw this.#arrays.damaged(what, "the array has another size than its layers", data)
    }
    const value = this.#known.get(name) ?? { dims, shape, data: array, texts }
    this.#known.set(name, value)
    return value
  }

  /** The same without waiting: null before `value` has answered. */
  now(name: string): Value | null {
    return this.#known.get(name) ?? null
  }

  /** Reads several values, so that `now` answers; those that it has not or that are damaged stay null. */
  async read(...names: string[]): Promise<void> {
    await Promise.all(names.map((name) => this.value(name).catch(() => null)))
  }

  /** A single number; NaN when it has none, or has not been read. */
  number(name: string): number {
    return this.now(name)?.data[0] ?? Number.NaN
  }

  /**
   * What a value says of one layer: [unit] or [unit, k] of place `at` on the axis before; null when it says nothing.
   *
   * A view, not a copy.
   */
  part(name: string, layer: string, at = 0): TypedArray | null {
    const value = this.now(name)
    const place = this.#places.get(layer)
    const axis = value?.dims.indexOf("unit") ?? -1
    if (!value || !place || axis < 0) return null
    const inner = value.shape.slice(axis + 1).reduce((product, size) => product * size, 1)
    const before = at * this.#units
    return value.data.subarray((before + place[0]) * inner, (before + place[1]) * inner)
  }

  /** The same of one unit: its number; NaN when nothing is known of it. */
  of(name: string, layer: string, unit: number, at = 0): number {
    return this.part(name, layer, at)?.[unit] ?? Number.NaN
  }

  /** The same of a value of texts; empty when nothing is known. */
  textOf(name: string, layer: string, unit: number): string {
    return this.now(name)?.texts?.[this.of(name, layer, unit)] ?? ""
  }
}

/** All Results of a page. */
export class Results {
  readonly #results: readonly Result[]
  readonly #notes: readonly string[]

  constructor(manifest: Manifest, arrays: Arrays, layers: ReadonlyMap<string, LayerCard>) {
    this.#results = (manifest.results ?? []).map((card) => new Result(card, manifest, arrays, layers))
    this.#notes = manifest.notes
  }

  /** Every Result of that name whose parameters are as asked, in the page's order. */
  all(name: string, params: Params = {}): readonly Result[] {
    return this.#results.filter((one) => one.name === name && asAsked(one.params, params))
  }

  /** The first of them, or why there is none. */
  find(name: string, params: Params = {}): Result | Missing {
    return this.all(name, params)[0] ?? { missing: this.#why(name) }
  }

  #why(name: string): string {
    return this.#notes.find((note) => new RegExp(`\\b${name}\\b`, "i").test(note)) ?? `This page was made without ${name}.`
  }
}

export function isMissing(found: Result | Missing): found is Missing {
  return "missing" in found
}

function readParams(text: string): Params {
  try {
    const params: unknown = JSON.parse(text)
    return typeof params === "object" && params !== null ? (params as Params) : {}
  } catch {
    return {}
  }
}

function asAsked(params: Params, asked: Params): boolean {
  return Object.keys(asked).every((key) => JSON.stringify(params[key] ?? null) === JSON.stringify(asked[key] ?? null))
}
