/** Fold: which layers of a deep network are drawn as thin strips, so that it can still be read. */

import type { LayoutLayer } from "./model"

/** Up to this many ranks every layer has a full column. */
export const FULL_RANKS = 16
/** A deep network is read as about this many blocks. */
const BLOCKS = 12

/** The first `depth` parts of a layer's path: `blocks.3.conv1~2` at depth 2 is `blocks.3`. */
function prefix(name: string, depth: number): string {
  return name.replace(/~\d+$/, "").split(".").slice(0, depth).join(".")
}

/** Runs of neighbouring layers whose paths begin alike, as first and last index. */
function runs(layers: readonly LayoutLayer[], depth: number): [number, number][] {
  const found: [number, number][] = []
  layers.forEach((layer, index) => {
    const last = found.at(-1)
    if (last && prefix(layers[last[0]]!.name, depth) === prefix(layer.name, depth)) last[1] = index
    else found.push([index, index])
  })
  return found
}

/**
 * Indices of the layers inside a block, all but its last, where a network has more than 16 ranks.
 *
 * Blocks are neighbouring layers with the same beginning of their path, as long a beginning as leaves at most 12 blocks.
 */
export function thinLayers(layers: readonly LayoutLayer[]): ReadonlySet<number> {
  const ranks = new Set(layers.map((layer) => layer.rank)).size
  if (ranks <= FULL_RANKS) return new Set()
  const deepest = layers.reduce((most, layer) => Math.max(most, layer.name.split(".").length), 1)
  let blocks: [number, number][] = []
  for (let depth = 1; depth < deepest; depth++) {
    const found = runs(layers, depth)
    if (found.length > BLOCKS && blocks.length > 0) break
    blocks = found
  }
  return new Set(blocks.flatMap(([first, last]) => Array.from({ length: last - first }, (_, place) => first + place)))
}
