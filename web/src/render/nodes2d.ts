/** Units on a 2D canvas: circles or cells in their colour, with the number inside where it fits and the name beside. */

import { CATEGORIES } from "../colour/categories"
import { css } from "../colour/oklab"
import type { LayerCard } from "../contract/manifest"
import type { Layout } from "../layout/model"
import type { Transform } from "./transform"
import { ALWAYS, CONSTANT, DEAD, DORMANT, type Ink, NEUTRAL, NONFINITE, OPEN, type Paint, SATURATED, textOn } from "./paint"
import type { Scene, SceneLayer } from "./scene"
import type { Tiles } from "./tiles"

/** Names of a layer's units and the side they stand on; `room` is from the units to the layout's rim, content pixels. */
export interface Names {
  readonly side: "left" | "right"
  readonly texts: readonly string[]
  readonly room: number
}

/** Between a unit and its name, and between the name and the rim, screen pixels. */
const BEFORE = 8
const BEYOND = 4
/** Screen pixels below which a name would be an ellipsis. */
const LEAST = 16

/** Names beside the layers that the layout keeps room for. */
export function namesOf(layout: Layout, cards: readonly LayerCard[]): ReadonlyMap<number, Names> {
  const beside = new Map<number, Names>()
  layout.layers.forEach((box, index) => {
    const texts = cards[index]?.unitNames
    if (box.labels && texts) beside.set(index, { side: box.labels, texts, room: box.labels === "left" ? box.left : layout.width - box.right })
  })
  return beside
}

/** Smallest radius, screen pixels, that holds a number of so many digits. */
const FITS = [0, 8, 9, 12, 15] as const
/** Smallest distance of two names, screen pixels. */
export const NAME_PITCH = 11

export function drawNodes(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  paint: Paint,
  at: Transform,
  ink: Ink,
  names: ReadonlyMap<number, Names>,
  tiles: ReadonlyMap<number, Tiles>,
): void {
  scene.layers.forEach((layer, index) => {
    const beside = names.get(index)
    for (let unit = layer.start; unit < layer.start + layer.units; unit++) {
      drawUnit(ctx, scene, layer, paint, unit, at, ink, !beside, tiles.get(index))
    }
    if (beside) drawNames(ctx, scene, layer, beside, at, ink)
  })
}

/** One slot: its shape, its mark, and its number unless it has a name beside it. */
export function drawUnit(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  layer: SceneLayer,
  paint: Paint,
  unit: number,
  at: Transform,
  ink: Ink,
  numbered: boolean,
  tiles: Tiles | undefined = undefined,
): void {
  const x = scene.x[unit]! * at.k + at.tx
  const y = scene.y[unit]! * at.k + at.ty
  const r = scene.radius[unit]! * at.k
  const mark = paint.mark[unit]!
  const colour = paint.colour[unit]!
  const hollow = mark === DEAD || mark === NEUTRAL || mark === DORMANT || mark === OPEN
  const filled = !hollow && colour >= 0
  const square = layer.box.mode === "cells"
  const digits = digitsOf(layer.units - 1)
  ctx.fillStyle = filled ? css(colour) : mark === NEUTRAL ? ink.neutral : ink.canvas
  if (square) cell(ctx, x, y, r, mark, ink)
  else circle(ctx, x, y, r, mark, ink)
  if (mark >= DORMANT) drawSign(ctx, x, y, r, mark, colour, square, ink)
  const peak = paint.peak?.[unit] ?? -1
  if (peak >= 0 && r >= 2.5) {
    ctx.fillStyle = css(peak)
    ctx.fillRect(x - r * 0.4, y - r * 0.4, r * 0.8, r * 0.8)
  }
  if (tiles && square && r >= 4) {
    tile(ctx, tiles, unit - layer.start, x, y, r)
    drawNotch(ctx, x, y, r, paint.notch?.[unit] ?? 0, ink.canvas, square)
    return
  }
  const notch = paint.notch?.[unit] ?? 0
  if (notch > 0) drawNotch(ctx, x, y, r, notch, filled ? textOn(colour) : ink.secondary, square)
  if (!numbered || (square && !layer.box.tiles) || layer.slots || r < (FITS[digits] ?? Infinity)) return
  if (mark === NONFINITE) plate(ctx, x, y, r)
  if (mark !== CONSTANT && mark !== ALWAYS && mark !== SATURATED && mark !== DORMANT) number(ctx, unit - layer.start, x, y, r, numberInk(mark, colour, filled, ink), ink)
}

/** A look on its own, for the legend. */
export function drawLook(ctx: CanvasRenderingContext2D, look: { readonly colour: number; readonly mark: number; readonly notch: number }, side: number, ink: Ink): void {
  const { colour, mark, notch } = look
  const r = side / 2 - 1
  const filled = mark !== DEAD && mark !== DORMANT && mark !== OPEN && colour >= 0
  ctx.clearRect(0, 0, side, side)
  ctx.fillStyle = filled ? css(colour) : ink.canvas
  circle(ctx, side / 2, side / 2, r, mark, ink)
  if (mark >= DORMANT) drawSign(ctx, side / 2, side / 2, r, mark, colour, false, ink)
  drawNotch(ctx, side / 2, side / 2, r, notch, filled ? textOn(colour) : ink.secondary, false)
}

/** A channel's mean map inside its frame. */
function tile(ctx: CanvasRenderingContext2D, { picture, width, height }: Tiles, unit: number, x: number, y: number, r: number): void {
  const frame = r >= 8 ? 2 : 1
  const k = Math.min((2 * r - 2 * frame) / width, (2 * r - 2 * frame) / height)
  ctx.imageSmoothingEnabled = false
  ctx.drawImage(picture, 0, unit * height, width, height, x - (width * k) / 2, y - (height * k) / 2, width * k, height * k)
}

/** What a colour alone would say: a sign inside the unit, a different one for each state of health. */
export function drawSign(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, mark: number, colour: number, square: boolean, ink: Ink): void {
  const hue = colour >= 0 ? css(colour) : ink.tertiary
  const line = colour >= 0 ? textOn(colour) : ink.text
  ctx.lineWidth = Math.max(1, Math.min(2.5, r / 4))
  ctx.strokeStyle = mark === DORMANT || mark === OPEN ? hue : line
  ctx.beginPath()
  if (mark === OPEN || mark === DORMANT) {
    const off = ctx.lineWidth / 2
    if (square) ctx.rect(x - r + off, y - r + off, 2 * (r - off), 2 * (r - off))
    else ctx.arc(x, y, Math.max(0.5, r - off), 0, 2 * Math.PI)
  } else if (mark === CONSTANT) {
    ctx.moveTo(x - r * 0.5, y)
    ctx.lineTo(x + r * 0.5, y)
  } else if (mark === SATURATED) {
    ctx.moveTo(x - r * 0.5, y - r * 0.45)
    ctx.lineTo(x + r * 0.5, y - r * 0.45)
    ctx.moveTo(x, y + r * 0.5)
    ctx.lineTo(x, y - r * 0.2)
  } else {
    ctx.moveTo(x - r * 0.45, y)
    ctx.lineTo(x + r * 0.45, y)
    ctx.moveTo(x, y - r * 0.45)
    ctx.lineTo(x, y + r * 0.45)
  }
  ctx.stroke()
  if (mark !== DORMANT || r < 2.5) return
  ctx.fillStyle = hue
  ctx.beginPath()
  ctx.arc(x, y, r * 0.3, 0, 2 * Math.PI)
  ctx.fill()
}

/** A dot at one place of the rim for each category and the others, so that classes differ by more than hue. */
export function drawNotch(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, notch: number, colour: string, square: boolean): void {
  if (notch === 0 || r < 3) return
  const angle = ((notch - 1) / (CATEGORIES + 1)) * 2 * Math.PI - Math.PI / 2
  const reach = square ? Math.min(1 / Math.abs(Math.cos(angle)), 1 / Math.abs(Math.sin(angle))) * 0.72 : 0.74
  const size = Math.max(0.9, Math.min(2.2, r * 0.16))
  ctx.fillStyle = colour
  ctx.beginPath()
  ctx.arc(x + Math.cos(angle) * reach * r, y + Math.sin(angle) * reach * r, size, 0, 2 * Math.PI)
  ctx.fill()
}

function numberInk(mark: number, colour: number, filled: boolean, ink: Ink): string {
  if (filled) return textOn(colour)
  return mark === NONFINITE ? ink.text : ink.secondary
}

/** A disc without hatching, in the unit's fill, for its number to stand on. */
function plate(ctx: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  ctx.beginPath()
  ctx.arc(x, y, 0.74 * r, 0, 2 * Math.PI)
  ctx.fill()
}

function digitsOf(value: number): number {
  return value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4
}

function circle(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, mark: number, ink: Ink): void {
  ctx.beginPath()
  ctx.arc(x, y, mark === DEAD || mark === NEUTRAL ? Math.max(0.5, r - 0.5) : r, 0, 2 * Math.PI)
  ctx.fill()
  if (mark === NONFINITE) {
    hatch(ctx, x, y, r, ink)
    ctx.beginPath()
    ctx.arc(x, y, r, 0, 2 * Math.PI)
  }
  if (mark === DEAD || mark === NEUTRAL || mark === NONFINITE) outline(ctx, mark, ink)
}

function outline(ctx: CanvasRenderingContext2D, mark: number, ink: Ink): void {
  ctx.lineWidth = 1
  ctx.strokeStyle = mark === NEUTRAL ? ink.neutralLine : ink.tertiary
  if (mark === DEAD) ctx.setLineDash([2.5, 2.5])
  ctx.stroke()
  if (mark === DEAD) ctx.setLineDash([])
}

function cell(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, mark: number, ink: Ink): void {
  const side = 2 * r
  if (mark === DEAD) {
    ctx.globalAlpha = 0.7
    ctx.strokeStyle = ink.tertiary
    ctx.lineWidth = 1
    if (r >= 3) {
      ctx.setLineDash([2, 2])
      ctx.strokeRect(x - r + 0.5, y - r + 0.5, side - 1, side - 1)
      ctx.setLineDash([])
    } else {
      ctx.fillStyle = ink.neutralLine
      ctx.fillRect(x - 0.5, y - 0.5, 1, 1)
    }
    ctx.globalAlpha = 1
    return
  }
  ctx.fillRect(x - r, y - r, side, side)
  if (mark === NONFINITE) {
    ctx.beginPath()
    ctx.rect(x - r, y - r, side, side)
    hatch(ctx, x, y, r, ink)
  }
}

/** Diagonal lines inside the current path. */
function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, ink: Ink): void {
  ctx.save()
  ctx.clip()
  ctx.strokeStyle = ink.text
  ctx.globalAlpha = 0.75
  ctx.lineWidth = 1
  ctx.beginPath()
  for (let shift = -2 * r; shift <= 2 * r; shift += 4) {
    ctx.moveTo(x + shift - r, y + r)
    ctx.lineTo(x + shift + r, y - r)
  }
  ctx.stroke()
  ctx.restore()
}

function number(ctx: CanvasRenderingContext2D, value: number, x: number, y: number, r: number, colour: string, ink: Ink): void {
  const size = Math.min(13, Math.max(9.5, r * 0.92))
  ctx.font = `600 ${size}px ${ink.font}`
  ctx.textAlign = "center"
  ctx.textBaseline = "alphabetic"
  ctx.fillStyle = colour
  ctx.fillText(String(value), x, y + size * 0.36)
}

function drawNames(ctx: CanvasRenderingContext2D, scene: Scene, layer: SceneLayer, names: Names, at: Transform, ink: Ink): void {
  if (pitch(layer) * at.k < NAME_PITCH) return
  for (let unit = 0; unit < layer.units; unit++) drawName(ctx, scene, layer, names, unit, at, ink, false)
}

function pitch(layer: SceneLayer): number {
  if (layer.box.mode === "cells") return 0
  return layer.units < 2 ? Infinity : layer.box.pitch
}

/** The name of one unit, beside it, cut with an ellipsis where there is no room. */
export function drawName(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  layer: SceneLayer,
  names: Names,
  unit: number,
  at: Transform,
  ink: Ink,
  strong: boolean,
): void {
  if (pitch(layer) * at.k < NAME_PITCH) return
  const name = names.texts[unit]
  if (name === undefined) return
  const index = layer.start + unit
  const x = scene.x[index]! * at.k + at.tx
  const y = scene.y[index]! * at.k + at.ty
  const off = scene.radius[index]! * at.k + BEFORE
  const room = names.room * at.k - BEFORE - BEYOND
  if (room < LEAST) return
  const left = names.side === "left"
  const start = left ? x - off : x + off
  ctx.textBaseline = "alphabetic"
  ctx.textAlign = left ? "right" : "left"
  ctx.font = `${left ? 500 : 600} 12px ${ink.font}`
  if (strong) {
    // It takes the place of the name beneath: one over the other would blur both.
    const width = ctx.measureText(fit(ctx, name, room)).width + 2
    ctx.fillStyle = ink.canvas
    ctx.fillRect(left ? start - width : start - 1, y - 7, width, 15)
    ctx.font = `600 12px ${ink.font}`
  }
  ctx.fillStyle = strong || !left ? ink.text : ink.secondary
  ctx.fillText(fit(ctx, name, room), start, y + 4)
}

/** The longest beginning of `text` that fits, with an ellipsis when something was cut. */
export function fit(ctx: Pick<CanvasRenderingContext2D, "measureText">, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text
  const letters = [...text]
  let low = 0
  let high = letters.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (ctx.measureText(letters.slice(0, middle).join("") + "…").width <= room) low = middle
    else high = middle - 1
  }
  return letters.slice(0, low).join("") + "…"
}
