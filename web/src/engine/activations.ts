/** Activations: brings a layer's per-sample values from the page to the host when they are first needed. */

import type { ActivationCard, LayerCard, Manifest } from "../contract/manifest"
import { typed } from "../source/typed"
import type { Reduction } from "./api"
import { asFloats, type Arrays } from "./arrays"
import type { Host } from "./host"
import type { LayerPlan } from "./layer"

/** Units are shown by their mean over positions, or by their only value. */
const SHOWN: readonly Reduction[] = ["value", "mean", "max", "min"]

export function keyOf(card: ActivationCard): string {
  return [card.layer, card.site, card.reduction].join("\n")
}

export class Activations {
  readonly #arrays: Arrays
  readonly #host: Promise<Host>
  readonly #rows: number
  readonly #layers: ReadonlyMap<string, LayerCard>
  readonly #cards = new Map<string, ActivationCard>()
  readonly #byLayer = new Map<string, ActivationCard[]>()
  readonly #loading = new Map<string, Promise<void>>()

  constructor(arrays: Arrays, host: Promise<Host>, manifest: Manifest, layers: ReadonlyMap<string, LayerCard>) {
    this.#arrays = arrays
    this.#host = host
    this.#rows = manifest.samples.n
    this.#layers = layers
    for (const card of manifest.activations) {
      this.#cards.set(keyOf(card), card)
      const known = this.#byLayer.get(card.layer)
      if (known) known.push(card)
      else this.#byLayer.set(card.layer, [card])
    }
  }

  /** Key of a layer's values at `post`, by default the reduction that is shown; null when the page has none. */
  key(layer: string, reduction?: Reduction): string | null {
    const cards = this.#byLayer.get(layer) ?? []
    const wanted = reduction ? [reduction] : SHOWN
    for (const site of ["post", "pre"]) {
      for (const one of wanted) {
        const card = cards.find((each) => each.site === site && each.reduction === one)
        if (card) return keyOf(card)
      }
    }
    return null
  }

  /** Keys of the values shown, one per layer, and why the others cannot be. */
  async loadAll(): Promise<{ keys: string[]; problems: Map<string, string> }> {
    const names = [...this.#layers.keys()]
    const problems = new Map<string, string>()
    const keys = await Promise.all(
      names.map(async (layer) => {
        const key = this.key(layer)
        if (key === null) {
          problems.set(layer, "this page has no per-sample values of it, only those of its named slices")
          return null
        }
        try {
          await this.load(key)
          return key
        } catch (problem) {
          problems.set(layer, (problem as Error).message)
          return null
        }
      }),
    )
    return { keys: keys.filter((key) => key !== null), problems }
  }

  /** Every value of the unit is a whole number of these steps; 0 where values are floats. */
  async step(key: string, unit: number): Promise<number> {
    const card = this.#cards.get(key)
    if (!card || card.scale === null) return 0
    return asFloats(await this.#arrays.get(card.scale, `the activations of ${card.layer}`))[unit] ?? 0
  }

  /** Rejects with a message when the values are damaged. */
  load(key: string): Promise<void> {
    const known = this.#loading.get(key)
    if (known) return known
    const loading = this.#load(key)
    this.#loading.set(key, loading)
    return loading
  }

  async #load(key: string): Promise<void> {
    const card = this.#cards.get(key)
    if (!card) throw new Error(`this page has no per-sample values of ${key.split("\n")[0]}`)
    const what = `the activations of ${card.layer}`
    const units = this.#layers.get(card.layer)?.units ?? 0
    const [scale, ...buffers] = await Promise.all([
      card.scale === null ? null : this.#arrays.get(card.scale, what).then(asFloats),
      ...card.chunks.map((id) => this.#arrays.buffer(id, what)),
    ])
    const plan: LayerPlan = {
      layer: card.layer,
      units,
      rows: this.#rows,
      scheme: card.scheme,
      rowsPerChunk: card.rowsPerChunk,
      scale,
    }
    const chunks = card.scheme === "f16" ? buffers.map((buffer) => typed({ dtype: "f16" }, buffer).buffer) : buffers
    const wrong = mistake(plan, chunks as ArrayBuffer[])
    if (wrong !== null) throw this.#arrays.damaged(what, wrong)
    const host = await this.#host
    host.add(key, plan, chunks as ArrayBuffer[])
  }
}

function mistake(plan: LayerPlan, chunks: readonly ArrayBuffer[]): string | null {
  const width = plan.scheme === "u8" || plan.scheme === "i8" ? 1 : 4
  const wanted = plan.rows * plan.units * width
  const found = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  const even = chunks.slice(0, -1).every((chunk) => chunk.byteLength === plan.rowsPerChunk * plan.units * width)
  if (found !== wanted || !even) return `${found} bytes in chunks where ${wanted} were announced`
  return plan.scale && plan.scale.length !== plan.units ? "the scale has the wrong size" : null
}

/** A layer's key ends with its reduction. */
export function reductionOf(key: string): Reduction {
  return key.slice(key.lastIndexOf("\n") + 1) as Reduction
}
