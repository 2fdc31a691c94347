/** Layout of a network in columns by topological rank: analytic, one pass, no iteration. */

import { thinLayers } from "./fold"
import { hitLayout } from "./hit"
import type { Column, LayerBox, Layout, LayoutEdge, LayoutLayer, Point } from "./model"
import { routeEdges } from "./routes"
import { HEADER, type Shape, type Sized, sizeColumn, STACK_GAP, stackHeight } from "./sizes"

const TOP = 64
/** The legend, 96 pixels, and air above it. */
const BOTTOM = 112
const LABEL_MARGIN = 118
const BARE_MARGIN = 72
const LETTER = 6.5
const MIN_GAP = 72
/** Space between two strips, and between a strip and a full column. */
const STRIP_GAP = 10
const STRIP_SIDE = 36
/** Blocks of cells take at most this share of the width, while their cells can be seen. */
const CELL_SHARE = 0.7
const MOST_GROWTH = 2.5

/** A column before it has a place. */
interface Stack {
  readonly rank: number
  readonly items: readonly Sized[]
  readonly width: number
  readonly thin: boolean
}

function byRank(layers: readonly LayoutLayer[]): [number, Shape[]][] {
  const thin = thinLayers(layers)
  const ranks = new Map<number, Shape[]>()
  layers.forEach((layer, index) => {
    const rank = Number.isFinite(layer.rank) ? layer.rank : 0
    const shape = { layer, index, thin: thin.has(index) }
    const known = ranks.get(rank)
    if (known) known.push(shape)
    else ranks.set(rank, [shape])
  })
  return [...ranks].sort(([one], [other]) => one - other)
}

function stacksOf(layers: readonly LayoutLayer[], width: number, height: number): Stack[] {
  const ranks = byRank(layers)
  const full = ranks.filter(([, shapes]) => shapes.some((shape) => !shape.thin)).length
  const room = (CELL_SHARE * width) / Math.max(1, full)
  return ranks.map(([rank, shapes]) => {
    const items = sizeColumn(shapes, room, height)
    const widest = items.reduce((most, item) => Math.max(most, item.width), 0)
    return { rank, items, width: widest, thin: shapes.every((shape) => shape.thin) }
  })
}

/** Canvas heights in content pixels: a network wider than the canvas is seen zoomed out, so it may be as much higher. */
function frameOf(layers: readonly LayoutLayer[], width: number, height: number): { top: number; usable: number; bottom: number } {
  const usable = Math.max(120, height - TOP - BOTTOM)
  const wide = spread(stacksOf(layers, width, usable), width).width
  const grow = Math.min(MOST_GROWTH, wide / Math.max(1, width))
  return { top: TOP * grow, usable: usable * grow, bottom: BOTTOM * grow }
}

function marginOf(stack: Stack | undefined): number {
  const names = stack?.items.flatMap((item) => (item.mode === "circles" ? (item.layer.unitNames ?? []) : [])) ?? []
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0)
  return Math.min(LABEL_MARGIN, BARE_MARGIN + LETTER * longest)
}

/** Left border of every column and the width of the whole: full columns share what is left, strips stand close. */
function spread(stacks: readonly Stack[], width: number): { lefts: number[]; width: number } {
  const [left, right] = [marginOf(stacks[0]), marginOf(stacks.at(-1))]
  const pairs = stacks.slice(1).map((stack, place) => [stacks[place]!.thin, stack.thin])
  const close = pairs.map(([one, other]) => (one && other ? STRIP_GAP : one || other ? STRIP_SIDE : null))
  const fixed = close.reduce<number>((sum, gap) => sum + (gap ?? 0), 0)
  const taken = stacks.reduce((sum, stack) => sum + stack.width, 0)
  const wide = close.filter((gap) => gap === null).length
  const share = Math.max(MIN_GAP, (width - left - right - taken - fixed) / Math.max(1, wide))
  const gaps = close.map((gap) => gap ?? share)
  const whole = left + taken + gaps.reduce((sum, gap) => sum + gap, 0) + right
  let x = left + (wide === 0 ? Math.max(0, (width - whole) / 2) : 0)
  const lefts = stacks.map((stack, place) => {
    const here = x
    x += stack.width + (gaps[place] ?? share)
    return here
  })
  return { lefts, width: Math.max(width, whole) }
}

/** Places every layer of a network on a canvas of `width` by `height`; grows beyond it rather than overlap. */
export function layoutNetwork(
  layers: readonly LayoutLayer[],
  edges: readonly LayoutEdge[],
  width: number,
  height: number,
): Layout {
  const frame = frameOf(layers, width, height)
  const stacks = stacksOf(layers, width, frame.usable)
  const across = spread(stacks, width)
  const rooms = headerRooms(stacks, across.lefts, width)
  const tallest = stacks.reduce((most, { items }) => Math.max(most, stackHeight(items)), frame.usable)
  const boxes: LayerBox[] = []
  const columns = stacks.map((stack, column): Column => {
    const left = across.lefts[column]!
    const top = frame.top + (tallest - stackHeight(stack.items)) / 2
    const placed = placeStack(stack, column, left + stack.width / 2, top, rooms[column]!)
    for (const box of placed) boxes[box.index] = { ...box, labels: labelSide(box, layers[box.index]!, column, stacks.length) }
    const bottom = placed.at(-1)!.bottom
    return { rank: stack.rank, x: left + stack.width / 2, left, right: left + stack.width, top, bottom, layers: placed.map((box) => box.index) }
  })
  const names = new Map(layers.map((layer, index) => [layer.name, index]))
  const { routes, depth } = routeEdges(edges, names, boxes, columns)
  return {
    width: stacks.length === 0 ? width : across.width,
    height: Math.max(height, frame.top + tallest + frame.bottom, depth + 24),
    columns,
    layers: boxes,
    routes,
    indexOf: (name) => names.get(name) ?? -1,
    position: (layer, unit) => positionOf(boxes[layer], unit),
    hit: (px, py, slack) => hitLayout(columns, boxes, px, py, slack),
  }
}

/** Width of each column's headers: up to the middle between it and the next column that has any; 0 for strips. */
function headerRooms(stacks: readonly Stack[], lefts: readonly number[], width: number): number[] {
  const centres = stacks.map((stack, column) => lefts[column]! + stack.width / 2)
  const full = centres.filter((_, column) => !stacks[column]!.thin)
  return stacks.map(({ thin }, column) => {
    if (thin) return 0
    const place = full.indexOf(centres[column]!)
    const apart = [full[place - 1], full[place + 1]].map((other) => Math.abs((other ?? Infinity) - centres[column]!))
    return Math.max(40, Math.min(width, ...apart) - 12)
  })
}

type Placed = Omit<LayerBox, "labels">

function placeStack(stack: Stack, column: number, x: number, start: number, room: number): Placed[] {
  let top = start
  return stack.items.map((item, place) => {
    const header = place === 0 ? TOP - 40 : top - 26
    const box = placeBox(item, column, x, top, header, item.thin ? 0 : room)
    top = box.bottom + HEADER + STACK_GAP
    return box
  })
}

function placeBox(item: Sized, column: number, x: number, top: number, headerY: number, headerWidth: number): Placed {
  return {
    index: item.index,
    name: item.layer.name,
    units: item.layer.units,
    column,
    mode: item.mode,
    tiles: item.tiles,
    x,
    y: top + item.height / 2,
    x0: x - ((item.across - 1) * item.pitch) / 2,
    y0: top + item.radius,
    across: item.across,
    pitch: item.pitch,
    radius: item.radius,
    left: x - item.width / 2,
    right: x + item.width / 2,
    top,
    bottom: top + item.height,
    headerX: x,
    headerY,
    headerWidth,
  }
}

function labelSide(box: Placed, layer: LayoutLayer, column: number, columns: number): "left" | "right" | null {
  if (layer.unitNames === null || box.mode === "cells" || box.across > 1 || box.pitch < 11) return null
  if (column === 0) return "left"
  return column === columns - 1 ? "right" : null
}

/** Centre of a unit. */
export function positionOf(box: LayerBox | undefined, unit: number): Point {
  if (!box) return { x: Number.NaN, y: Number.NaN }
  const row = Math.floor(unit / box.across)
  return { x: box.x0 + (unit - row * box.across) * box.pitch, y: box.y0 + row * box.pitch }
}
