/** Edges: the strongest weights of each edge, and the neighbours of a unit. */

import type { EdgeCard, LayerCard } from "../contract/manifest"
import type { EdgeArrays, Neighbour } from "./api"
import { asFloats, type Arrays } from "./arrays"

/** The weights of an edge that the page does not carry; null where there are none. */
export type AskWeights = (source: string, target: string) => Promise<Pick<EdgeArrays, "source" | "target" | "value"> | null>

/** Reads the weights of every edge that has any; an edge whose arrays are damaged is left out. */
export async function readEdges(
  arrays: Arrays,
  edges: readonly EdgeCard[],
  layers: ReadonlyMap<string, LayerCard>,
  ask: AskWeights | null = null,
): Promise<EdgeArrays[]> {
  const units = (layer: string): number => layers.get(layer)?.units ?? 0
  const read = edges.map(async (card, edge): Promise<EdgeArrays[]> => {
    if (!card.weights) {
      const found = (await ask?.(card.source, card.target)) ?? null
      return found ? [{ ...found, edge, sourceLayer: card.source, targetLayer: card.target, max: largest(found.value) }] : []
    }
    const what = `the weights from ${card.source} to ${card.target}`
    const [from, to, weights] = await Promise.all([
      arrays.get(card.weights.source, what),
      arrays.get(card.weights.target, what),
      arrays.get(card.weights.value, what),
    ])
    const [source, target, value] = [Uint32Array.from(from), Uint32Array.from(to), asFloats(weights)]
    const even = source.length === value.length && target.length === value.length
    const inside = source.every((unit) => unit < units(card.source)) && target.every((unit) => unit < units(card.target))
    if (!even || !inside) throw arrays.damaged(what, "they point at units that are not there")
    return [{ edge, sourceLayer: card.source, targetLayer: card.target, source, target, value, max: largest(value) }]
  })
  const settled = await Promise.allSettled(read)
  return settled.flatMap((one) => (one.status === "fulfilled" ? one.value : []))
}

function largest(value: Float32Array): number {
  return value.reduce((most, weight) => Math.max(most, Math.abs(weight) || 0), 0)
}

/** Places of one edge's weights sorted by unit, by falling size within a unit. */
interface ByUnit {
  readonly starts: Uint32Array
  readonly places: Uint32Array
}

function byUnit(units: Uint32Array): ByUnit {
  const count = units.reduce((most, unit) => Math.max(most, unit + 1), 0)
  const starts = new Uint32Array(count + 1)
  for (const unit of units) starts[unit + 1]!++
  for (let unit = 0; unit < count; unit++) starts[unit + 1]! += starts[unit]!
  const next = starts.slice()
  const places = new Uint32Array(units.length)
  units.forEach((unit, place) => {
    places[next[unit]!++] = place
  })
  return { starts, places }
}

/** Answers which units lie at the other ends of a unit's weights. */
export class EdgeIndex {
  readonly #edges: readonly EdgeArrays[]
  readonly #into = new Map<EdgeArrays, ByUnit>()
  readonly #outOf = new Map<EdgeArrays, ByUnit>()

  constructor(edges: readonly EdgeArrays[]) {
    this.#edges = edges
  }

  /** Strongest weights into a unit, by falling size. */
  inputsOf(layer: string, unit: number, k: number): Neighbour[] {
    return this.#neighbours(layer, unit, k, true)
  }

  outputsOf(layer: string, unit: number, k: number): Neighbour[] {
    return this.#neighbours(layer, unit, k, false)
  }

  /** Places of the weights of one edge that touch a unit, by falling size. */
  #places(edge: EdgeArrays, unit: number, into: boolean): Uint32Array {
    const held = into ? this.#into : this.#outOf
    let index = held.get(edge)
    if (!index) held.set(edge, (index = byUnit(into ? edge.target : edge.source)))
    return index.places.subarray(index.starts[unit] ?? 0, index.starts[unit + 1] ?? 0)
  }

  #neighbours(layer: string, unit: number, k: number, into: boolean): Neighbour[] {
    const found: Neighbour[] = []
    for (const edge of this.#edges) {
      if ((into ? edge.targetLayer : edge.sourceLayer) !== layer) continue
      const other = into ? edge.source : edge.target
      const name = into ? edge.sourceLayer : edge.targetLayer
      for (const place of this.#places(edge, unit, into).subarray(0, k)) {
        found.push({ layer: name, unit: other[place]!, weight: edge.value[place]! })
      }
    }
    return found.sort((one, next) => Math.abs(next.weight) - Math.abs(one.weight)).slice(0, k)
  }
}
