/** Influence: what a unit does to later units, and what earlier units do to it, as it was recorded. */

import type { InfluenceCard, LayerCard, Strongest } from "../contract/manifest"
import type { TypedArray } from "../source/typed"
import type { Influence } from "./api"
import { asFloats, type Arrays } from "./arrays"
import { Recent } from "./recent"

interface Top {
  readonly k: number
  readonly index: TypedArray
  readonly value: Float32Array
}

/** One ordered pair of layers: every effect, or the strongest of each unit both ways. */
interface Effects {
  readonly source: string
  readonly target: string
  readonly full: Float32Array | null
  readonly forward: Top | null
  readonly backward: Top | null
}

/** Answers kept for hovering back and forth. */
const KEPT = 256

export class InfluenceIndex {
  readonly #arrays: Arrays
  readonly #cards: readonly InfluenceCard[]
  readonly #layers: ReadonlyMap<string, LayerCard>
  readonly #effects = new Map<InfluenceCard, Effects | null>()
  readonly #loading = new Map<InfluenceCard, Promise<void>>()
  readonly #recent = new Recent<Influence>(KEPT)

  constructor(arrays: Arrays, cards: readonly InfluenceCard[], layers: ReadonlyMap<string, LayerCard>) {
    this.#arrays = arrays
    this.#cards = cards
    this.#layers = layers
  }

  /** Reads what touches a layer, or everything; what is damaged is left out. */
  async load(layer?: string): Promise<void> {
    const wanted = this.#cards.filter((card) => layer === undefined || card.source === layer || card.target === layer)
    await Promise.all(wanted.map((card) => this.#loadCard(card)))
  }

  /** null while something that touches the layer has not been read. */
  now(layer: string, unit: number): Influence | null {
    const key = `${unit} ${layer}`
    const recent = this.#recent.get(key)
    if (recent) return recent
    const forward = new Map<string, Float32Array>()
    const backward = new Map<string, Float32Array>()
    for (const card of this.#cards) {
      if (card.source !== layer && card.target !== layer) continue
      const effects = this.#effects.get(card)
      if (effects === undefined) return null
      if (!effects) continue
      if (card.source === layer) forward.set(card.target, this.#row(effects, unit))
      else backward.set(card.source, this.#column(effects, unit))
    }
    const answer = { forward, backward, n: this.#cards[0]?.n }
    this.#recent.set(key, answer)
    return answer
  }

  #row({ target, full, forward }: Effects, unit: number): Float32Array {
    const units = this.#units(target)
    return full ? full.subarray(unit * units, (unit + 1) * units) : scatter(forward, unit, units)
  }

  #column({ source, target, full, backward }: Effects, unit: number): Float32Array {
    const units = this.#units(source)
    if (!full) return scatter(backward, unit, units)
    const across = this.#units(target)
    const column = new Float32Array(units)
    for (let row = 0; row < units; row++) column[row] = full[row * across + unit]!
    return column
  }

  #units(layer: string): number {
    return this.#layers.get(layer)?.units ?? 0
  }

  #loadCard(card: InfluenceCard): Promise<void> {
    const known = this.#loading.get(card)
    if (known) return known
    const loading = this.#read(card).then(
      (effects) => void this.#effects.set(card, effects),
      () => void this.#effects.set(card, null),
    )
    this.#loading.set(card, loading)
    return loading
  }

  async #read(card: InfluenceCard): Promise<Effects> {
    const what = `the influence of ${card.source} on ${card.target}`
    const top = async (strongest: Strongest | null): Promise<Top | null> => {
      if (!strongest) return null
      const [index, value] = await Promise.all([
        this.#arrays.get(strongest.index, what),
        this.#arrays.get(strongest.value, what),
      ])
      return { k: strongest.k, index, value: asFloats(value) }
    }
    const [full, forward, backward] = await Promise.all([
      card.full === null ? null : this.#arrays.get(card.full, what).then(asFloats),
      top(card.forward),
      top(card.backward),
    ])
    const complete = full === null || full.length === this.#units(card.source) * this.#units(card.target)
    if (!complete) throw this.#arrays.damaged(what, "the array has another size than its layers")
    return { source: card.source, target: card.target, full, forward, backward }
  }
}

function scatter(top: Top | null, unit: number, units: number): Float32Array {
  const values = new Float32Array(units)
  if (!top) return values
  for (let place = unit * top.k; place < (unit + 1) * top.k; place++) {
    const other = top.index[place] ?? -1
    if (other >= 0 && other < units) values[other] = top.value[place] ?? 0
  }
  return values
}
