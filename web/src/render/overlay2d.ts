/** The overlay: hover, selection and focus, drawn over a veil so that nothing beneath has to be repainted. */

import type { Transform } from "./transform"
import { type EdgePaths, dashOf, tracePath, widthOf } from "./edges2d"
import { bucketOf, BUCKETS } from "./edgeset"
import type { Highlight } from "./highlight"
import { drawName, drawUnit, type Names } from "./nodes2d"
import type { Ink, Paint } from "./paint"
import type { Scene } from "./scene"
import type { Tiles } from "./tiles"

export interface OverlayState {
  readonly highlight: Highlight | null
  /** Unit under the pointer, selected unit, unit with keyboard focus; -1 is none. */
  readonly hover: number
  readonly selected: number
  readonly focus: number
  /** Units that stay lit together. */
  readonly pins: readonly number[]
}

export interface OverlayInput {
  readonly scene: Scene
  readonly paint: Paint
  readonly paths: EdgePaths | null
  readonly names: ReadonlyMap<number, Names>
  readonly ink: Ink
  readonly tiles: ReadonlyMap<number, Tiles>
}

/** How much of what lies beneath is taken away while something is highlighted. */
const VEIL = { dark: 0.74, light: 0.78 } as const
/** Steps of opacity that highlighted edges are gathered in. */
const LEVELS = 4

/** Draw; returns the number of highlighted edges. */
export function drawOverlay(
  ctx: CanvasRenderingContext2D,
  input: OverlayInput,
  state: OverlayState,
  at: Transform,
  width: number,
  height: number,
): number {
  const { highlight } = state
  let drawn = 0
  if (highlight) {
    veil(ctx, input.ink, width, height)
    if (input.paths) drawn = carrying(ctx, input, input.paths, highlight, at)
    touched(ctx, input, highlight, at)
    unit(ctx, input, highlight.unit, at)
  }
  for (const pin of state.pins) {
    if (pin !== state.selected) {
      unit(ctx, input, pin, at)
      ring(ctx, input, pin, at, 2, 1.25)
    }
    head(ctx, input, pin, at)
  }
  if (state.selected >= 0) {
    unit(ctx, input, state.selected, at)
    ring(ctx, input, state.selected, at, 3, 2)
  }
  if (state.hover >= 0 && state.hover !== state.selected) ring(ctx, input, state.hover, at, 1, 2)
  if (state.focus >= 0 && state.focus !== state.selected) ring(ctx, input, state.focus, at, 3, 2)
  return drawn
}

function veil(ctx: CanvasRenderingContext2D, ink: Ink, width: number, height: number): void {
  ctx.globalAlpha = ink.dark ? VEIL.dark : VEIL.light
  ctx.fillStyle = ink.canvas
  ctx.fillRect(0, 0, width, height)
  ctx.globalAlpha = 1
}

function carrying(ctx: CanvasRenderingContext2D, input: OverlayInput, paths: EdgePaths, highlight: Highlight, at: Transform): number {
  const groups: number[][] = Array.from({ length: BUCKETS * LEVELS }, () => [])
  for (const [edge, share] of highlight.edges) {
    const level = Math.min(LEVELS - 1, Math.floor(share * LEVELS))
    groups[level * BUCKETS + bucketOf(paths.set.value[edge]!)]!.push(edge)
  }
  groups.forEach((edges, group) => {
    if (edges.length > 0) strokeGroup(ctx, input, paths, edges, Math.floor(group / BUCKETS), group % BUCKETS, at)
  })
  ctx.setLineDash([])
  ctx.globalAlpha = 1
  return highlight.edges.size
}

function strokeGroup(
  ctx: CanvasRenderingContext2D,
  { scene, ink }: OverlayInput,
  paths: EdgePaths,
  edges: readonly number[],
  level: number,
  bucket: number,
  at: Transform,
): void {
  const negative = (bucket & 1) === 1
  const width = widthOf(bucket >> 1, true) * Math.min(2, Math.sqrt(at.k))
  ctx.beginPath()
  for (const edge of edges) tracePath(ctx, paths, edge, at, scene)
  ctx.lineWidth = width
  ctx.globalAlpha = 0.3 + (0.65 * (level + 1)) / LEVELS
  ctx.strokeStyle = negative ? ink.negative : ink.positive
  ctx.setLineDash(negative ? dashOf(width) : [])
  ctx.stroke()
}

/** Touched units in full colour, with a ring that says which way: solid raises, dashed lowers. */
function touched(ctx: CanvasRenderingContext2D, input: OverlayInput, highlight: Highlight, at: Transform): void {
  const { scene, ink } = input
  for (const [index, share] of highlight.touched) {
    ctx.globalAlpha = 0.35 + 0.65 * Math.abs(share)
    unit(ctx, input, index, at)
    if (share === 0) continue
    const negative = share < 0
    const r = scene.radius[index]! * at.k
    ctx.strokeStyle = negative ? ink.negative : ink.positive
    ctx.lineWidth = r > 6 ? 2 : 1.5
    if (negative) ctx.setLineDash(r > 6 ? [4, 2.5] : [2.5, 2])
    outline(ctx, scene, index, at, ctx.lineWidth / 2 + (r > 6 ? 1.5 : 0.5))
    if (negative) ctx.setLineDash([])
  }
  ctx.globalAlpha = 1
}

function unit(ctx: CanvasRenderingContext2D, input: OverlayInput, index: number, at: Transform): void {
  const { scene } = input
  const layerIndex = scene.layerOf[index]!
  const layer = scene.layers[layerIndex]!
  if (ctx.globalAlpha < 1) {
    const alpha = ctx.globalAlpha
    ctx.globalAlpha = 1
    ctx.fillStyle = input.ink.canvas
    backdrop(ctx, scene, index, at)
    ctx.globalAlpha = alpha
  }
  const names = input.names.get(layerIndex)
  drawUnit(ctx, scene, layer, input.paint, index, at, input.ink, !names, input.tiles.get(layerIndex))
  if (names) drawName(ctx, scene, layer, names, index - layer.start, at, input.ink, true)
}

/** Edges run up to the rim; a translucent unit must not show them through. */
function backdrop(ctx: CanvasRenderingContext2D, scene: Scene, index: number, at: Transform): void {
  const layer = scene.layers[scene.layerOf[index]!]!
  const x = scene.x[index]! * at.k + at.tx
  const y = scene.y[index]! * at.k + at.ty
  const r = scene.radius[index]! * at.k
  if (layer.box.mode === "cells") {
    ctx.fillRect(x - r, y - r, 2 * r, 2 * r)
  } else {
    ctx.beginPath()
    ctx.arc(x, y, r, 0, 2 * Math.PI)
    ctx.fill()
  }
}

/** A ring of ink around a unit, with a gap of canvas so that it shows on any hue. */
function ring(ctx: CanvasRenderingContext2D, input: OverlayInput, index: number, at: Transform, gap: number, width: number): void {
  ctx.globalAlpha = 1
  ctx.lineWidth = gap + width
  ctx.strokeStyle = input.ink.canvas
  outline(ctx, input.scene, index, at, (gap + width) / 2)
  ctx.lineWidth = width
  ctx.strokeStyle = input.ink.text
  outline(ctx, input.scene, index, at, gap - width / 2 + width / 2)
}

/** A dot above the ring: what is pinned. */
function head(ctx: CanvasRenderingContext2D, { scene, ink }: OverlayInput, index: number, at: Transform): void {
  const x = scene.x[index]! * at.k + at.tx
  const y = (scene.y[index]! - scene.radius[index]!) * at.k + at.ty - 5
  ctx.globalAlpha = 1
  ctx.beginPath()
  ctx.arc(x, y, 4, 0, 2 * Math.PI)
  ctx.fillStyle = ink.canvas
  ctx.fill()
  ctx.beginPath()
  ctx.arc(x, y, 2.5, 0, 2 * Math.PI)
  ctx.fillStyle = ink.text
  ctx.fill()
}

function outline(ctx: CanvasRenderingContext2D, scene: Scene, index: number, at: Transform, off: number): void {
  const layer = scene.layers[scene.layerOf[index]!]!
  const x = scene.x[index]! * at.k + at.tx
  const y = scene.y[index]! * at.k + at.ty
  const r = scene.radius[index]! * at.k + off
  ctx.beginPath()
  if (layer.box.mode === "cells") ctx.rect(x - r, y - r, 2 * r, 2 * r)
  else ctx.arc(x, y, r, 0, 2 * Math.PI)
  ctx.stroke()
}
