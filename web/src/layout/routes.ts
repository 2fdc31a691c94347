/** Routes of edges: a curve to the next column; around the columns between when an edge skips some. */

import type { Column, LayerBox, LayoutEdge, Point, Route } from "./model"

const LANE_GAP = 20
const LANE_STEP = 8

/** What a path is drawn with; a canvas context or a Path2D is one. */
export interface Pen {
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
  bezierCurveTo(x1: number, y1: number, x2: number, y2: number, x: number, y: number): void
}

interface Skip {
  readonly place: number
  readonly first: number
  readonly last: number
}

/** Lowest free lane for each skip edge, so that overlapping ones run beside each other. */
function lanes(skips: readonly Skip[]): number[] {
  const ends: number[] = []
  const order = skips.map((_, index) => index).sort((a, b) => skips[a]!.first - skips[b]!.first)
  const result: number[] = new Array<number>(skips.length).fill(0)
  for (const index of order) {
    const skip = skips[index]!
    let lane = ends.findIndex((end) => end < skip.first)
    if (lane < 0) lane = ends.length
    ends[lane] = skip.last
    result[index] = lane
  }
  return result
}

/** Routes of all edges whose layers are drawn, and the lowest point any of them reaches. */
export function routeEdges(
  edges: readonly LayoutEdge[],
  names: ReadonlyMap<string, number>,
  boxes: readonly LayerBox[],
  columns: readonly Column[],
): { routes: Route[]; depth: number } {
  const routes: Route[] = []
  const skips: Skip[] = []
  edges.forEach((edge, index) => {
    const source = names.get(edge.source)
    const target = names.get(edge.target)
    if (source === undefined || target === undefined) return
    const from = boxes[source]!.column
    const to = boxes[target]!.column
    if (to - from !== 1) skips.push({ place: routes.length, first: Math.min(from, to), last: Math.max(from, to) })
    routes.push({ edge: index, source, target, lane: null })
  })
  let depth = 0
  lanes(skips).forEach((lane, index) => {
    const { place, first, last } = skips[index]!
    let floor = 0
    for (let column = first + 1; column < last; column++) floor = Math.max(floor, columns[column]!.bottom)
    if (last - first < 2) floor = Math.max(columns[first]!.bottom, columns[last]!.bottom)
    const y = floor + LANE_GAP + (lane % 12) * LANE_STEP
    depth = Math.max(depth, y)
    const from = columns[Math.min(first + 1, last)]!.left - 12
    const to = columns[Math.max(last - 1, first)]!.right + 12
    routes[place] = { ...routes[place]!, lane: { y, from, to } }
  })
  return { routes, depth }
}

/** Draws one edge from the source's right side to the target's left side. */
export function tracePath(pen: Pen, route: Route, from: Point, to: Point): void {
  pen.moveTo(from.x, from.y)
  const { lane } = route
  if (lane === null) {
    const bend = (to.x - from.x) * 0.45
    pen.bezierCurveTo(from.x + bend, from.y, to.x - bend, to.y, to.x, to.y)
    return
  }
  const down = Math.max(16, (lane.from - from.x) * 0.5)
  const up = Math.max(16, (to.x - lane.to) * 0.5)
  pen.bezierCurveTo(from.x + down, from.y, lane.from - down, lane.y, lane.from, lane.y)
  pen.lineTo(lane.to, lane.y)
  pen.bezierCurveTo(lane.to + up, lane.y, to.x - up, to.y, to.x, to.y)
}
