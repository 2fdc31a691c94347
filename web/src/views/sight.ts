/** Sight: what of the network a tooltip should not cover, as boxes on the screen. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { Highlight } from "../render/highlight"
import { indexOf, type Scene } from "../render/scene"
import type { Transform } from "../render/transform"
import type { UnitRef } from "./explorer.svelte"
import { COST, type Kept, type Unit } from "./place"

/** Ring around a touched unit, pixels. */
const RING = 4
/** About how wide a letter of a name is, and where a name ends at the latest, pixels. */
const LETTER = 7
const LONGEST = 110

export function onScreen(scene: Scene, index: number, at: Transform): Unit {
  return { x: scene.x[index]! * at.k + at.tx, y: scene.y[index]! * at.k + at.ty, r: scene.radius[index]! * at.k }
}

/** Touched units with their names, outputs above all, and the selected unit. */
export function keptInSight(scene: Scene, cards: readonly LayerCard[], lit: Highlight | null, at: Transform, selected: UnitRef | null): Kept[] {
  const kept: Kept[] = []
  const keep = (index: number, share: number): void => {
    const { x, y, r } = onScreen(scene, index, at)
    const layer = scene.layers[scene.layerOf[index]!]!
    const card = cards[scene.layerOf[index]!]
    const side = layer.box.labels
    const name = side && card?.unitNames ? Math.min(LONGEST, LETTER * (card.unitNames[index - layer.start]?.length ?? 0)) + 10 : 0
    kept.push({
      left: x - r - RING - (side === "left" ? name : 0),
      top: y - r - RING,
      right: x + r + RING + (side === "right" ? name : 0),
      bottom: y + r + RING,
      cost: card?.output ? COST.output : COST.touched * (0.3 + share),
    })
  }
  lit?.touched.forEach((share, index) => keep(index, Math.abs(share)))
  if (selected) {
    const index = indexOf(scene, selected.layer.name, selected.unit)
    if (index >= 0) keep(index, 1)
  }
  return kept
}
