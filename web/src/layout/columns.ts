/** Layout of a network in columns by topological rank: analytic, one pass, no iteration. */

import { hitLayout } from "./hit"
import type { Column, LayerBox, Layout, LayoutEdge, LayoutLayer, Point } from "./model"
import { routeEdges } from "./routes"

/** Above this many units a layer is a block of cells. */
export const CIRCLE_LIMIT = 64

const TOP = 64
const BOTTOM = 96
const HEADER = 46
const STACK_GAP = 26
const MIN_LAYER_HEIGHT = 40
const LABEL_MARGIN = 118
const BARE_MARGIN = 72
const MIN_GAP = 72
const MAX_CELL = 14
const MIN_CELL = 2
const MIN_PITCH = 7
const INPUT_RADIUS = 9.5
/** Radius of a circle as a share of the distance of its neighbours. */
const FILL = 0.38
/** Blocks of cells take at most this share of the width, while their cells are not smaller than SMALL_CELL. */
const CELL_SHARE = 0.8
const SMALL_CELL = 5

interface Shape {
  readonly layer: LayoutLayer
  readonly index: number
  readonly mode: "circles" | "cells"
  readonly across: number
  readonly rows: number
}

function shapeOf(layer: LayoutLayer, index: number): Shape {
  const cells = layer.units > CIRCLE_LIMIT
  const across = cells ? Math.ceil(Math.sqrt(layer.units / 2)) : 1
  return { layer, index, mode: cells ? "cells" : "circles", across, rows: Math.ceil(layer.units / across) }
}

/** Distance of circle centres: few units keep together, from about 31 units on they fill the height. */
function pitchOf(shape: Shape, width: number, height: number): number {
  const narrow = Math.max(SMALL_CELL, width / shape.across)
  if (shape.mode === "cells") return Math.max(MIN_CELL, Math.min(MAX_CELL, narrow, height / shape.rows))
  const { rows } = shape
  return Math.max(MIN_PITCH, Math.min(height / (0.9 * rows + 2.1), height / (rows - 1 + 2 * FILL)))
}

function radiusOf(shape: Shape, pitch: number): number {
  if (shape.mode === "cells") return Math.max(0.5, (pitch - (pitch > 6 ? 1 : 0)) / 2)
  const most = shape.layer.kind === "input" ? INPUT_RADIUS : 17 / Math.max(1, shape.rows) ** 0.17
  return Math.max(2.5, Math.min(FILL * pitch, most))
}

interface Sized extends Shape {
  readonly pitch: number
  readonly radius: number
  readonly boxWidth: number
  readonly boxHeight: number
}

function size(shape: Shape, width: number, height: number): Sized {
  const pitch = pitchOf(shape, width, height)
  const radius = radiusOf(shape, pitch)
  const boxWidth = (shape.across - 1) * pitch + 2 * radius
  return { ...shape, pitch, radius, boxWidth, boxHeight: Math.max(0, shape.rows - 1) * pitch + 2 * radius }
}

/** Layers of one rank share the height by the number of their rows. */
function sizeColumn(shapes: readonly Shape[], width: number, height: number): Sized[] {
  const free = height - (shapes.length - 1) * (HEADER + STACK_GAP)
  const weights = shapes.map((shape) => Math.sqrt(Math.max(1, shape.rows)))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const share = (place: number): number => Math.max(MIN_LAYER_HEIGHT, (free * weights[place]!) / total)
  return shapes.map((shape, place) => size(shape, width, share(place)))
}

function byRank(layers: readonly LayoutLayer[]): { rank: number; shapes: Shape[] }[] {
  const ranks = new Map<number, Shape[]>()
  layers.forEach((layer, index) => {
    const rank = Number.isFinite(layer.rank) ? layer.rank : 0
    const shapes = ranks.get(rank)
    if (shapes) shapes.push(shapeOf(layer, index))
    else ranks.set(rank, [shapeOf(layer, index)])
  })
  return [...ranks].sort((one, other) => one[0] - other[0]).map(([rank, shapes]) => ({ rank, shapes }))
}

const stackHeight = (column: readonly Sized[]): number =>
  column.reduce((sum, item) => sum + item.boxHeight, 0) + (column.length - 1) * (HEADER + STACK_GAP)

function named(column: readonly Sized[] | undefined): boolean {
  return column?.some((item) => item.layer.unitNames !== null && item.mode === "circles") ?? false
}

/** Places every layer of a network on a canvas of `width` by `height`; grows beyond it rather than overlap. */
export function layoutNetwork(
  layers: readonly LayoutLayer[],
  edges: readonly LayoutEdge[],
  width: number,
  height: number,
): Layout {
  const usable = Math.max(120, height - TOP - BOTTOM)
  const ranks = byRank(layers)
  const room = (CELL_SHARE * width) / Math.max(1, ranks.length)
  const sized = ranks.map(({ rank, shapes }) => ({ rank, items: sizeColumn(shapes, room, usable) }))
  const widths = sized.map(({ items }) => items.reduce((most, item) => Math.max(most, item.boxWidth), 0))
  const left = named(sized[0]?.items) ? LABEL_MARGIN : BARE_MARGIN
  const right = named(sized.at(-1)?.items) ? LABEL_MARGIN : BARE_MARGIN
  const taken = widths.reduce((sum, one) => sum + one, 0)
  const gap = Math.max(MIN_GAP, (width - left - right - taken) / Math.max(1, sized.length - 1))
  const tallest = sized.reduce((most, { items }) => Math.max(most, stackHeight(items)), usable)
  const middle = TOP + tallest / 2

  const boxes: LayerBox[] = []
  const columns: Column[] = []
  let x = sized.length === 1 ? Math.max(left, (width - taken) / 2) : left
  sized.forEach(({ rank, items }, column) => {
    const centre = x + widths[column]! / 2
    let top = middle - stackHeight(items) / 2
    const start = top
    items.forEach((item, place) => {
      const box = placeBox(item, column, centre, top, widths[column]! + gap, place === 0 ? TOP - 40 : top - 26)
      boxes[item.index] = { ...box, labels: labelSide(item, column, sized.length) }
      top = box.bottom + HEADER + STACK_GAP
    })
    const bottom = top - HEADER - STACK_GAP
    columns.push({ rank, x: centre, left: x, right: x + widths[column]!, top: start, bottom, layers: items.map((item) => item.index) })
    x += widths[column]! + gap
  })
  const names = new Map(layers.map((layer, index) => [layer.name, index]))
  const { routes, depth } = routeEdges(edges, names, boxes, columns)
  const contentWidth = sized.length === 0 ? width : Math.max(width, x - gap + right)
  return {
    width: contentWidth,
    height: Math.max(height, TOP + tallest + BOTTOM, depth + 24),
    columns,
    layers: boxes,
    routes,
    indexOf: (name) => names.get(name) ?? -1,
    position: (layer, unit) => positionOf(boxes[layer], unit),
    hit: (px, py, slack) => hitLayout(columns, boxes, px, py, slack),
  }
}

function placeBox(item: Sized, column: number, x: number, top: number, room: number, headerY: number): Omit<LayerBox, "labels"> {
  return {
    index: item.index,
    name: item.layer.name,
    units: item.layer.units,
    column,
    mode: item.mode,
    x,
    y: top + item.boxHeight / 2,
    x0: x - ((item.across - 1) * item.pitch) / 2,
    y0: top + item.radius,
    across: item.across,
    pitch: item.pitch,
    radius: item.radius,
    left: x - item.boxWidth / 2,
    right: x + item.boxWidth / 2,
    top,
    bottom: top + item.boxHeight,
    headerX: x,
    headerY,
    headerWidth: Math.max(40, room - 12),
  }
}

function labelSide(item: Sized, column: number, columns: number): "left" | "right" | null {
  if (item.layer.unitNames === null || item.mode === "cells" || item.pitch < 11) return null
  if (column === 0) return "left"
  return column === columns - 1 ? "right" : null
}

/** Centre of a unit. */
export function positionOf(box: LayerBox | undefined, unit: number): Point {
  if (!box) return { x: Number.NaN, y: Number.NaN }
  const row = Math.floor(unit / box.across)
  return { x: box.x0 + (unit - row * box.across) * box.pitch, y: box.y0 + row * box.pitch }
}
