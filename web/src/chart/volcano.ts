/** Volcano: where units stand by effect and by q, and which is nearest. Pure. */

import { LEAST_CHANCE } from "../ui/format"

export interface Point {
  readonly g: number
  readonly q: number
  /** 1 replicated, 0 not, NaN: nobody could say. */
  readonly replicated: number
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Below `LEAST_CHANCE` no q is known, and all stand at the top. */
export function height(q: number): number {
  return -Math.log10(Math.max(q, LEAST_CHANCE))
}

export interface Frame {
  readonly width: number
  readonly height: number
  readonly reach: number
  readonly top: number
}

/** An axis of g as far left as right, and of q a little above the highest. */
export function frameOf(points: readonly Point[], width: number, tall: number): Frame {
  const reach = points.reduce((most, { g }) => Math.max(most, Math.abs(g) || 0), 0.1) * 1.05
  const top = points.reduce((most, { q }) => Math.max(most, Number.isNaN(q) ? 0 : height(q)), 2) * 1.05
  return { width, height: tall, reach, top }
}

export function placeOf({ g, q }: Point, frame: Frame): readonly [number, number] {
  return [((g / frame.reach + 1) / 2) * frame.width, frame.height * (1 - height(q) / frame.top)]
}

/** The nearest point within `reach` pixels; -1 when there is none. */
export function nearest(points: readonly Point[], frame: Frame, x: number, y: number, reach = 12): number {
  let found = -1
  let least = reach * reach
  points.forEach((point, at) => {
    const [px, py] = placeOf(point, frame)
    const far = (px - x) ** 2 + (py - y) ** 2
    if (far <= least) [found, least] = [at, far]
  })
  return found
}

export function inBox([x, y]: readonly [number, number], box: Box): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom
}

/** Circles as one SVG path. */
export function circles(places: readonly (readonly [number, number])[], radius: number): string {
  const round = (value: number): number => Math.round(value * 10) / 10
  return places.map(([x, y]) => `M${round(x - radius)} ${round(y)}a${radius} ${radius} 0 1 0 ${radius * 2} 0a${radius} ${radius} 0 1 0-${radius * 2} 0`).join("")
}
