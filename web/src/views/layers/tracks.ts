/** Tracks: what stands beneath the columns of a layer's map, each of its looks one path. Pure. */

import type { Heat } from "../../engine/heat"

/** Heights of the three: values, what a unit tells, health. */
export const TRACKS = [56, 26, 14] as const
export const GAP = 6
/** For the units' names, over the tracks. */
export const NAMES = 16
export const UNDER = TRACKS.reduce((sum, height) => sum + height + GAP, NAMES)

/** Where each begins, beneath the names. */
export const [VALUES, TOLD, HEALTH] = [NAMES + GAP, NAMES + TRACKS[0] + 2 * GAP, NAMES + TRACKS[0] + TRACKS[1] + 3 * GAP] as const

/** What analyses say of the unit that a column begins with. */
export interface Said {
  /** Held-out AUROC of the class it tells best; NaN where nobody knows. */
  readonly auroc: number
  readonly replicated: boolean
  /** Empty where nobody knows. */
  readonly status: string
}

export interface Tracks {
  /** 5 to 95%, 25 to 75% and 50% of a unit's values. */
  readonly most: string
  readonly half: string
  readonly middle: string
  /** How far an AUROC is from 0.5. */
  readonly told: string
  readonly faint: string
  readonly dead: string
  readonly idle: string
}

/** The lowest and highest of what is drawn; 0 is between them. */
export function reachOf(quantiles: Float32Array): readonly [number, number] {
  const finite = quantiles.filter(Number.isFinite)
  return [finite.reduce((one, other) => Math.min(one, other), 0), finite.reduce((one, other) => Math.max(one, other), 0)]
}

/** Height of a value in the first track, from its top. */
export function heightOf(value: number, [low, high]: readonly [number, number]): number {
  return TRACKS[0] * (1 - (high > low ? (value - low) / (high - low) : 0))
}

export function tracksOf({ width, quantiles }: Pick<Heat, "width" | "quantiles">, room: number, top: number, said: (column: number) => Said): Tracks {
  const step = room / width
  const wide = Math.max(1, step - (step > 4 ? 2 : step > 2 ? 1 : 0))
  const reach = reachOf(quantiles)
  const found = { most: "", half: "", middle: "", told: "", faint: "", dead: "", idle: "" }
  const bar = (x: number, y: number, height: number): string => box(x * step, y, wide, height)
  for (let x = 0; x < width; x++) {
    const at = (line: number): number => top + VALUES + heightOf(quantiles[line * width + x]!, reach)
    if (!Number.isNaN(quantiles[2 * width + x])) {
      found.most += bar(x, at(4), Math.max(1, at(0) - at(4)))
      found.half += bar(x, at(3), Math.max(1, at(1) - at(3)))
      found.middle += bar(x, at(2) - 0.75, 1.5)
    }
    const { auroc, replicated, status } = said(x)
    const far = Math.abs(auroc - 0.5) * 2
    if (far > 0) found[replicated ? "told" : "faint"] += bar(x, top + TOLD + TRACKS[1] * (1 - far), TRACKS[1] * far)
    if (status === "dead") found.dead += bar(x, top + HEALTH, TRACKS[2])
    else if (status !== "" && status !== "ok") found.idle += bar(x, top + HEALTH + TRACKS[2] / 2, TRACKS[2] / 2)
  }
  return found
}

const short = (value: number): number => Math.round(value * 100) / 100

export function box(x: number, y: number, width: number, height: number): string {
  return `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${-short(width)}z`
}

/** Room that a letter takes at most. */
const LETTER = 7

/** The places of the names that there is room for: of all, or of every second, fourth, … */
export function namedPlaces(names: readonly string[], room: number): number[] {
  const widest = names.reduce((most, { length }) => Math.max(most, length), 1)
  const every = 2 ** Math.max(0, Math.ceil(Math.log2((widest * LETTER * names.length) / room)))
  return Array.from({ length: Math.ceil(names.length / every) }, (_, at) => at * every)
}

/** The parts that there is room to name, each `near` samples before the next and the end: of neighbours the larger. */
export function namedParts<T extends { readonly start: number; readonly end: number }>(parts: readonly T[], near: number, n: number): T[] {
  const named: T[] = []
  for (const part of [...parts].sort((one, other) => other.end - other.start - one.end + one.start))
    if (part.start + near <= n && named.every(({ start }) => Math.abs(start - part.start) >= near)) named.push(part)
  return named.sort((one, other) => one.start - other.start)
}
