/** Find: units and layers by what people type. Pure. */

import type { LayerCard } from "../contract/manifest"
import { formatAddress, parseAddress } from "../state/address"
import { layerFacts, plural, unitName } from "./format"

export interface Found {
  readonly address: string
  readonly layer: LayerCard
  readonly unit: number | null
  readonly title: string
  readonly detail: string
}

/**
 * An address first (`fc1:11`), then a layer called just so, then a layer's name or label with a number
 * ("dense 1 11"), then layers and units by parts of their names. An empty query lists the layers.
 */
export function find(query: string, layers: readonly LayerCard[], most = 12): Found[] {
  const text = query.trim()
  const found = new Map<string, Found>()
  const add = (layer: LayerCard, unit: number | null): void => {
    const one = entry(layer, unit)
    if (found.size < most && !found.has(one.address)) found.set(one.address, one)
  }
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  const address = text === "" ? null : parseAddress(text, byName)
  const exact = address ? byName.get(address.layer) : undefined
  if (address && exact && (address.unit === null || address.unit < exact.units)) add(exact, address.unit)
  const low = text.toLowerCase()
  for (const layer of layers) if (layer.label.toLowerCase() === low) add(layer, null)
  const [, words = low, digits] = /^(.*?)[\s:·.#]*(\d+)$/.exec(low) ?? []
  if (digits !== undefined) {
    for (const layer of layers) if (matches(layer, words) && Number(digits) < layer.units) add(layer, Number(digits))
  }
  for (const layer of layers) if (matches(layer, low)) add(layer, null)
  if (low !== "") {
    for (const layer of layers) layer.unitNames?.forEach((name, unit) => name.toLowerCase().includes(low) && add(layer, unit))
  }
  return [...found.values()]
}

function matches(layer: LayerCard, words: string): boolean {
  const all = `${layer.label} ${layer.name} ${layer.module ?? ""}`.toLowerCase()
  return words.split(/\s+/).every((word) => all.includes(word))
}

function entry(layer: LayerCard, unit: number | null): Found {
  if (unit === null) {
    const facts = layer.kind === "input" ? layerFacts(layer) : `${plural(layer.units, layer.unitWord)}`
    return { address: layer.name, layer, unit, title: layer.label, detail: facts }
  }
  const name = unitName(layer, unit)
  return { address: formatAddress(layer.name, unit), layer, unit, title: `${layer.label} · ${name}`, detail: layer.unitWord }
}
