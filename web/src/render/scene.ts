/** Scene: where every unit is drawn, as flat arrays over all units of all layers. */

import type { LayerBox, Layout } from "../layout/model"

export interface SceneLayer {
  readonly name: string
  readonly start: number
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

export function sceneOf(layout: Layout): Scene {
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
  const layers = layout.layers.map((box, index) => {
    for (let unit = 0; unit < box.units; unit++) {
      const { x, y } = layout.position(index, unit)
      scene.x[start + unit] = x
      scene.y[start + unit] = y
      scene.radius[start + unit] = box.radius
      scene.layerOf[start + unit] = index
    }
    start += box.units
    return { name: box.name, start: start - box.units, units: box.units, box }
  })
  return { ...scene, layers }
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

/** Index over all units, or -1. */
export function indexOf(scene: Scene, layer: string, unit: number): number {
  const place = scene.layers[scene.layout.indexOf(layer)]
  return place && unit >= 0 && unit < place.units ? place.start + unit : -1
}

export function placeOf(scene: Scene, index: number): { readonly layer: string; readonly unit: number } | null {
  const layer = scene.layers[scene.layerOf[index] ?? -1]
  return layer && index < scene.count ? { layer: layer.name, unit: index - layer.start } : null
}

/** The unit of some layers whose centre is nearest to a height, or -1. */
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
