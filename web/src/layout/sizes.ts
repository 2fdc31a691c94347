/** Sizes: how large the units of a layer are drawn, and how much room the layer takes. */

import type { LayoutLayer } from "./model"

/** Above this many units a layer is a block of cells. */
export const CIRCLE_LIMIT = 64
/** Height of a header, and the space above it, where layers are stacked. */
export const HEADER = 46
export const STACK_GAP = 26

const MIN_LAYER_HEIGHT = 40
const MAX_CELL = 14
/** Largest side of a tile, and how many stand in one row. */
const MAX_TILE = 52
const TILE_ROW = 10
const MIN_CELL = 2
/** Blocks of cells shrink to their share of the width, but not below this. */
const SMALL_CELL = 5
const MIN_PITCH = 7
/** Circles nearer to each other than this are too small to point at: they stand in two or more files instead. */
const NEAR = 9
const MOST_FILES = 4
/** Radius of a circle as a share of the distance of its neighbours. */
const FILL = 0.38
const INPUT_RADIUS = 9.5
/** Width of a layer drawn as a strip, in content pixels. */
const STRIP = 18

/** A layer before it has a place. `thin` layers are strips: narrow, without a header. */
export interface Shape {
  readonly layer: LayoutLayer
  readonly index: number
  readonly thin: boolean
}

export interface Sized extends Shape {
  readonly mode: "circles" | "cells"
  readonly tiles: boolean
  readonly across: number
  readonly pitch: number
  readonly radius: number
  readonly width: number
  readonly height: number
}

/** Channels with a map are tiles, but not in a strip. */
function isTiles({ layer, thin }: Shape): boolean {
  return layer.position?.length === 2 && !thin && layer.units > 0
}

function acrossOf(shape: Shape, height: number): number {
  const { layer, thin } = shape
  if (isTiles(shape) && layer.units <= TILE_ROW) return 1
  if (layer.units <= CIRCLE_LIMIT && !isTiles(shape)) return thin ? 1 : filesOf(layer.units, height)
  const usual = Math.ceil(Math.sqrt(layer.units / 2))
  if (isTiles(shape)) return evenly(layer.units, usual)
  if (!thin) return usual
  const area = (STRIP * height) / layer.units
  return Math.max(1, Math.min(usual, Math.floor(STRIP / Math.max(MIN_CELL, Math.sqrt(area)))))
}

/** Near the usual number of tiles side by side, one that leaves no row short; the usual where there is none. */
function evenly(units: number, usual: number): number {
  for (let across = usual; across <= usual * 1.5; across++) if (units % across === 0) return across
  for (let across = usual; across >= usual / 1.5; across--) if (units % across === 0) return across
  return usual
}

function filesOf(units: number, height: number): number {
  let files = 1
  while (files < MOST_FILES && circlePitch(Math.ceil(units / files), height) < NEAR) files++
  return files
}

/** Distance of circle centres: few units keep together, from about 31 units on they fill the height. */
function circlePitch(rows: number, height: number): number {
  return Math.max(MIN_PITCH, Math.min(height / (0.9 * rows + 2.1), height / (rows - 1 + 2 * FILL)))
}

function cellPitch(rows: number, across: number, width: number, height: number, most: number): number {
  return Math.max(MIN_CELL, Math.min(most, Math.max(SMALL_CELL, width / across), height / rows))
}

function circleRadius({ layer, thin }: Shape, rows: number, pitch: number): number {
  const most = thin ? STRIP / 4 : layer.kind === "input" ? INPUT_RADIUS : 17 / Math.max(1, rows) ** 0.17
  return Math.max(2.5, Math.min(FILL * pitch, most))
}

/** Sizes of a layer that may be `width` wide, where that is not too small to see, and `height` high. */
function sizeOf(shape: Shape, width: number, height: number): Sized {
  const across = acrossOf(shape, height)
  const rows = Math.ceil(shape.layer.units / across)
  const tiles = isTiles(shape)
  const mode = tiles || shape.layer.units > CIRCLE_LIMIT ? "cells" : "circles"
  const room = shape.thin ? STRIP : width
  const pitch = mode === "cells" ? cellPitch(rows, across, room, height, tiles ? MAX_TILE : MAX_CELL) : circlePitch(rows, height)
  const radius = mode === "cells" ? (pitch - (pitch > 20 ? 4 : pitch > 6 ? 1 : 0)) / 2 : circleRadius(shape, rows, pitch)
  const extent = (units: number): number => Math.max(0, units - 1) * pitch + 2 * radius
  return { ...shape, mode, tiles, across, pitch, radius, width: extent(across), height: extent(rows) }
}

/** Sizes of the layers of one rank; they share the height by the number of their rows. */
export function sizeColumn(shapes: readonly Shape[], width: number, height: number): Sized[] {
  const free = height - (shapes.length - 1) * (HEADER + STACK_GAP)
  const weights = shapes.map(({ layer }) => Math.max(1, Math.min(layer.units, CIRCLE_LIMIT)) ** 0.5)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const share = (place: number): number => Math.max(MIN_LAYER_HEIGHT, (free * weights[place]!) / total)
  return shapes.map((shape, place) => sizeOf(shape, width, share(place)))
}

/** Height of layers on top of each other. */
export function stackHeight(items: readonly Sized[]): number {
  return items.reduce((sum, item) => sum + item.height, 0) + Math.max(0, items.length - 1) * (HEADER + STACK_GAP)
}
