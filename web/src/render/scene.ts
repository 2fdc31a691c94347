/** Scene: where every slot (a unit, or a group of them) is drawn, as flat arrays over all slots of all layers. */

import type { LayerBox, Layout } from "../layout/model"
import { type Arranged, AS_IT_IS, membersOf } from "../layout/slots"

export interface SceneLayer extends Arranged {
  readonly name: string
  readonly start: number
  /** Slots: units, or groups of units drawn as one. */
  readonly units: number
  readonly box: LayerBox
}

export interface Scene {
  readonly count: number
  /** Centre and radius (half the side of a cell), content pixels. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly radius: Float32Array
  readonly layers: readonly SceneLayer[]
  /** Index into `layers` of every unit. */
  readonly layerOf: Uint16Array
  readonly layout: Layout
}

/** Gap between a unit and the end of an edge, content pixels. */
const GAP = 2

/** `arranged` tells how the units of some layers are ordered and grouped; the layout counts slots. */
export function sceneOf(layout: Layout, arranged: ReadonlyMap<string, Arranged> = new Map()): Scene {
  const count = layout.layers.reduce((sum, box) => sum + box.units, 0)
  const scene = {
    count,
    x: new Float32Array(count),
    y: new Float32Array(count),
    radius: new Float32Array(count),
    layerOf: new Uint16Array(count),
    layout,
  }
  let start = 0
  const layers = layout.layers.map((box, index): SceneLayer => {
    const own = arranged.get(box.name) ?? AS_IT_IS
    for (let unit = 0; unit < box.units; unit++) {
      const { x, y } = layout.position(index, own.place?.[unit] ?? unit)
      scene.x[start + unit] = x
      scene.y[start + unit] = y
      scene.radius[start + unit] = box.radius
      scene.layerOf[start + unit] = index
    }
    start += box.units
    return { name: box.name, start: start - box.units, units: box.units, box, ...own }
  })
  return { ...scene, layers }
}

/** The scene between two that hold the same slots: `share` 0 is the first, 1 the second. */
export function sceneBetween(from: Scene, to: Scene, share: number): Scene {
  const mix = (one: Float32Array, other: Float32Array): Float32Array => other.map((value, index) => one[index]! + (value - one[index]!) * share)
  return { ...to, x: mix(from.x, to.x), y: mix(from.y, to.y) }
}

/** Whether both draw the same slots, only elsewhere: then one can move into the other. */
export function sameSlots(one: Scene, other: Scene): boolean {
  return (
    one.count === other.count &&
    one.layers.length === other.layers.length &&
    one.layers.every((layer, index) => layer.name === other.layers[index]!.name && layer.units === other.layers[index]!.units && layer.slots === null && other.layers[index]!.slots === null)
  )
}

/** Edges leave a circle at its rim and a block of cells at the block's rim. */
export function leavesAt(scene: Scene, unit: number): number {
  const { box } = scene.layers[scene.layerOf[unit]!]!
  return (box.mode === "cells" ? box.right : scene.x[unit]! + scene.radius[unit]!) + GAP
}

export function arrivesAt(scene: Scene, unit: number): number {
  const { box } = scene.layers[scene.layerOf[unit]!]!
  return (box.mode === "cells" ? box.left : scene.x[unit]! - scene.radius[unit]!) - GAP
}

/** Index of the slot that a unit is drawn in, or -1. */
export function indexOf(scene: Scene, layer: string, unit: number): number {
  const place = scene.layers[scene.layout.indexOf(layer)]
  if (!place || unit < 0) return -1
  const slot = place.slots ? (place.slots.of[unit] ?? place.units) : unit
  return slot < place.units ? place.start + slot : -1
}

/** What is drawn in a slot: its first unit, and all of them when there are several. */
export interface Drawn {
  readonly layer: string
  readonly unit: number
  readonly group: Uint32Array | null
}

export function placeOf(scene: Scene, index: number): Drawn | null {
  const layer = scene.layers[scene.layerOf[index] ?? -1]
  if (!layer || index >= scene.count) return null
  const members = membersOf(layer.slots, index - layer.start)
  return { layer: layer.name, unit: members[0]!, group: members.length > 1 ? members : null }
}

/** The slot at a place of a layer, as an index. */
export function indexAt({ start, at }: SceneLayer, place: number): number {
  return start + (at?.[place] ?? place)
}

export function placeAt({ start, place }: SceneLayer, index: number): number {
  return place?.[index - start] ?? index - start
}

/** The slot of some layers whose centre is nearest to a height, or -1. */
export function nearestIn(scene: Scene, layers: readonly number[], y: number): number {
  let nearest = -1
  for (const index of layers) {
    const { start, units } = scene.layers[index]!
    for (let unit = start; unit < start + units; unit++) {
      if (nearest < 0 || Math.abs(scene.y[unit]! - y) < Math.abs(scene.y[nearest]! - y)) nearest = unit
    }
  }
  return nearest
}
