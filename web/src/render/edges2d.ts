/** Edges on a 2D canvas: one stroke per bucket of size and sign, negative dashed. */

import type { Transform } from "./transform"
import type { EdgeArrays } from "../engine/api"
import { BUCKETS, type EdgeSet, edgeSet, SIZES, strongest } from "./edgeset"
import type { Route } from "../layout/model"
import type { Slots } from "../layout/slots"
import type { Ink } from "./paint"
import { arrivesAt, leavesAt, type Scene } from "./scene"

type Lane = NonNullable<Route["lane"]>

/** End points of the edges, content pixels, computed once per layout. */
export interface EdgePaths {
  readonly set: EdgeSet
  readonly x0: Float32Array
  readonly y0: Float32Array
  readonly x1: Float32Array
  readonly y1: Float32Array
  /** Index into `lanes`, or -1 for a direct curve. */
  readonly lane: Int32Array
  readonly lanes: readonly Lane[]
}

/**
 * Single strokes up to here, a density image beyond: strokes of ten thousand edges hide each other, whichever sign is
 * drawn last wins, and take longer.
 */
export const RASTER = 8_000

/** Share of the way that the control points of a curve lie from its ends. */
export const BEND = 0.45

/** The `k` strongest edges of every unit (all: Infinity) of a network, ready to draw. */
export function edgePaths(scene: Scene, edges: readonly EdgeArrays[], k: number): EdgePaths {
  const parts = edges.map((pair) => keep(scene, pair, k)).filter((part) => part !== null)
  const count = parts.reduce((sum, part) => sum + part.kept.length, 0)
  const source = new Uint32Array(count)
  const target = new Uint32Array(count)
  const value = new Float32Array(count)
  const lane = new Int32Array(count).fill(-1)
  const lanes: Lane[] = []
  let edge = 0
  for (const { pair, from, to, kept } of parts) {
    const route = scene.layout.routes.find((one) => one.edge === pair.edge)
    const along = route?.lane ? lanes.push(route.lane) - 1 : -1
    for (const index of kept) {
      source[edge] = from.start + pair.source[index]!
      target[edge] = to.start + pair.target[index]!
      value[edge] = pair.max > 0 ? pair.value[index]! / pair.max : 0
      lane[edge] = along
      edge++
    }
  }
  return { set: edgeSet({ source, target, value }, scene.count), ...ends(scene, source, target), lane, lanes }
}

function keep(scene: Scene, pair: EdgeArrays, k: number) {
  const from = scene.layers[scene.layout.indexOf(pair.sourceLayer)]
  const to = scene.layers[scene.layout.indexOf(pair.targetLayer)]
  if (!from || !to) return null
  const drawn = grouped(pair, from.slots, to.slots)
  return { pair: drawn, from, to, kept: strongest(drawn.source, drawn.target, from.units, to.units, k) }
}

/** Weights between groups are sums over their units, by falling size. */
export function grouped(pair: EdgeArrays, from: Slots | null, to: Slots | null): EdgeArrays {
  if (!from && !to) return pair
  const across = to?.count ?? pair.target.reduce((most, unit) => Math.max(most, unit + 1), 0)
  const sums = new Map<number, number>()
  pair.source.forEach((source, edge) => {
    const target = pair.target[edge]!
    const key = (from ? from.of[source]! : source) * across + (to ? to.of[target]! : target)
    sums.set(key, (sums.get(key) ?? 0) + pair.value[edge]!)
  })
  const order = [...sums].sort(([, one], [, other]) => Math.abs(other) - Math.abs(one))
  return {
    ...pair,
    source: Uint32Array.from(order, ([key]) => Math.floor(key / across)),
    target: Uint32Array.from(order, ([key]) => key % across),
    value: Float32Array.from(order, ([, sum]) => sum),
    max: Math.abs(order[0]?.[1] ?? 0),
  }
}

/** The same edges where a scene draws their ends now. */
export function along(paths: EdgePaths, scene: Scene): EdgePaths {
  return { ...paths, ...ends(scene, paths.set.source, paths.set.target) }
}

function ends(scene: Scene, source: Uint32Array, target: Uint32Array): Pick<EdgePaths, "x0" | "y0" | "x1" | "y1"> {
  return {
    x0: Float32Array.from(source, (unit) => leavesAt(scene, unit)),
    y0: Float32Array.from(source, (unit) => scene.y[unit]!),
    x1: Float32Array.from(target, (unit) => arrivesAt(scene, unit)),
    y1: Float32Array.from(target, (unit) => scene.y[unit]!),
  }
}

/** Width in screen pixels of a size class, 0 to 7. */
export function widthOf(size: number, strong: boolean): number {
  const share = (size + 0.5) / SIZES
  return strong ? 1 + 2.6 * share : 0.6 + 1.7 * share * share
}

/** Opacity of a size class: the many faint ones must not bury the few strong ones. */
export function alphaOf(size: number, dark: boolean): number {
  const share = (size + 0.5) / SIZES
  return (dark ? 0.1 : 0.13) + 0.55 * share ** 1.6
}

/**
 * A line of one device pixel costs an eighth of a wider one, a dash doubles it (measured in Chromium's software
 * raster). So only so many edges, strongest first, are wider or dashed; the others tell their size by opacity alone.
 */
const WIDE = 400
const DASHED = 2_500

/** From which size class on edges are drawn wide, and dashed if negative. */
export function finest(set: EdgeSet): { readonly wide: number; readonly dashed: number } {
  let size = SIZES
  let edges = 0
  let wide = SIZES
  let dashed = SIZES
  while (size > 0) {
    size--
    edges += set.starts[2 * size + 2]! - set.starts[2 * size]!
    if (edges <= WIDE) wide = size
    if (edges <= DASHED) dashed = size
  }
  return { wide, dashed: Math.max(1, dashed) }
}

/** Draw every edge of the set; `pixel` is the size of a device pixel. Returns how many. */
export function drawEdges(
  ctx: CanvasRenderingContext2D,
  paths: EdgePaths,
  at: Transform,
  ink: Ink,
  dense: number,
  pixel: number,
): number {
  const { set } = paths
  const scale = Math.min(2, Math.sqrt(at.k))
  const { wide, dashed } = finest(set)
  ctx.lineCap = "butt"
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const from = set.starts[bucket]!
    const to = set.starts[bucket + 1]!
    if (from === to) continue
    const size = bucket >> 1
    const negative = (bucket & 1) === 1
    const width = widthOf(size, false) * scale
    ctx.beginPath()
    for (let i = from; i < to; i++) tracePath(ctx, paths, set.order[i]!, at)
    ctx.lineWidth = size >= wide ? width : Math.min(width, pixel)
    ctx.globalAlpha = alphaOf(size, ink.dark) * dense
    ctx.strokeStyle = negative ? ink.negative : ink.positive
    ctx.setLineDash(negative && size >= dashed ? dashOf(width) : [])
    ctx.stroke()
  }
  ctx.setLineDash([])
  ctx.globalAlpha = 1
  return set.count
}

export function dashOf(width: number): [number, number] {
  return [4 + 2 * width, 2.5 + width]
}

/** Append one edge to the current path; `own` runs up to the cell itself, not to the rim of its block. */
export function tracePath(
  ctx: CanvasRenderingContext2D,
  paths: EdgePaths,
  edge: number,
  at: Transform,
  own: Scene | null = null,
): void {
  const s = paths.set.source[edge]!
  const t = paths.set.target[edge]!
  const x0 = (own ? own.x[s]! + own.radius[s]! : paths.x0[edge]!) * at.k + at.tx
  const y0 = paths.y0[edge]! * at.k + at.ty
  const x1 = (own ? own.x[t]! - own.radius[t]! : paths.x1[edge]!) * at.k + at.tx
  const y1 = paths.y1[edge]! * at.k + at.ty
  ctx.moveTo(x0, y0)
  const lane = paths.lanes[paths.lane[edge]!]
  if (lane !== undefined) {
    const from = lane.from * at.k + at.tx
    const to = lane.to * at.k + at.tx
    const y = lane.y * at.k + at.ty
    const down = Math.max(16 * at.k, (from - x0) * 0.5)
    const up = Math.max(16 * at.k, (x1 - to) * 0.5)
    ctx.bezierCurveTo(x0 + down, y0, from - down, y, from, y)
    ctx.lineTo(to, y)
    ctx.bezierCurveTo(to + up, y, x1 - up, y1, x1, y1)
  } else {
    const bend = (x1 - x0) * BEND
    ctx.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1)
  }
}
