/** Links: where values flow without unit-to-unit weights. A band to the next column, a wire below columns it skips. */

import type { LayerBox, Route } from "../layout/model"
import { BEND } from "./edges2d"
import type { Ink } from "./paint"
import type { Scene } from "./scene"
import type { Transform } from "./transform"

/** Distance of a band from the units, and of a wire's end from its column, content pixels. */
const OFF = 5
const CORNER = 8

/** From so many wires on they are a thicket that must not outshine the units. */
const MANY = 16

export function drawLinks(ctx: CanvasRenderingContext2D, scene: Scene, links: readonly Route[], at: Transform, ink: Ink): void {
  const wires = links.reduce((count, route) => count + (route.lane ? 1 : 0), 0)
  for (const route of links) {
    const from = scene.layout.layers[route.source]
    const to = scene.layout.layers[route.target]
    if (!from || !to) continue
    if (route.lane) wire(ctx, from, to, route.lane.y, at, ink, wires > MANY ? 0.4 : 1)
    else band(ctx, from, to, at, ink)
  }
}

function band(ctx: CanvasRenderingContext2D, from: LayerBox, to: LayerBox, at: Transform, ink: Ink): void {
  const x0 = (from.right + OFF) * at.k + at.tx
  const x1 = (to.left - OFF) * at.k + at.tx
  const y = (value: number): number => value * at.k + at.ty
  const bend = (x1 - x0) * BEND
  ctx.beginPath()
  ctx.moveTo(x0, y(from.top))
  ctx.bezierCurveTo(x0 + bend, y(from.top), x1 - bend, y(to.top), x1, y(to.top))
  ctx.lineTo(x1, y(to.bottom))
  ctx.bezierCurveTo(x1 - bend, y(to.bottom), x0 + bend, y(from.bottom), x0, y(from.bottom))
  ctx.closePath()
  ctx.globalAlpha = 0.35
  ctx.fillStyle = ink.neutral
  ctx.fill()
  ctx.globalAlpha = 1
}

function wire(ctx: CanvasRenderingContext2D, from: LayerBox, to: LayerBox, lane: number, at: Transform, ink: Ink, strength: number): void {
  const x0 = from.x * at.k + at.tx
  const x1 = to.x * at.k + at.tx
  const y = lane * at.k + at.ty
  const end = (to.bottom + OFF) * at.k + at.ty
  const corner = Math.min(CORNER * at.k, Math.abs(x1 - x0) / 2)
  ctx.beginPath()
  ctx.moveTo(x0, (from.bottom + OFF) * at.k + at.ty)
  ctx.arcTo(x0, y, x1, y, corner)
  ctx.arcTo(x1, y, x1, end, corner)
  ctx.lineTo(x1, end)
  ctx.moveTo(x1 - 4, end + 5)
  ctx.lineTo(x1, end)
  ctx.lineTo(x1 + 4, end + 5)
  ctx.lineWidth = 1.5
  ctx.lineJoin = "round"
  ctx.strokeStyle = ink.neutralLine
  ctx.globalAlpha = strength
  ctx.stroke()
  ctx.globalAlpha = 1
}
