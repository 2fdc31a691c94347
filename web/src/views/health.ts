/** Health: whether a unit does anything, in a sentence with its bound. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { LayerStats } from "../engine/api"
import type { Result } from "../engine/results"
import { count, number, percent } from "../ui/format"
import { eitherSigned } from "./words"

export interface Health {
  /** "ok", "dead", "dormant", "constant", "always on", "saturated". */
  readonly status: string
  /** Why, in words. */
  readonly says: string
  /** Whether an analysis said so; else it follows from the counts of this page. */
  readonly analysed: boolean
}

/** Upper 95 % bound of a rate of which nothing was seen in n. Reference: Hanley and Lippman-Hand 1983. */
export function ruleOfThree(n: number): number {
  return n > 0 ? Math.min(1, 3 / n) : Number.NaN
}

export function healthOf(result: Result | null, layer: LayerCard, unit: number, all: LayerStats | undefined): Health | null {
  const told = result?.textOf("status", layer.name, unit) ?? ""
  if (!told && !all) return null
  const n = all?.n[unit] ?? Number.NaN
  const fires = all?.firingRate[unit] ?? Number.NaN
  const status = told || counted(layer, all!, unit)
  const shipped = result?.of("firing_bound", layer.name, unit) ?? Number.NaN
  const score = result?.of("score", layer.name, unit) ?? Number.NaN
  return { status, says: sentence(status, layer, n, fires, Number.isFinite(shipped) ? shipped : ruleOfThree(n), score, all, unit), analysed: told !== "" }
}

/** What the exact statistics alone can tell. */
function counted(layer: LayerCard, all: LayerStats, unit: number): string {
  if (all.n[unit] === 0) return "unknown"
  if (all.meanAbs[unit] === 0) return "dead"
  if (all.sd[unit] === 0) return "constant"
  return all.firingRate[unit] === 1 && !eitherSigned(layer) ? "always on" : "ok"
}

function sentence(
  status: string,
  layer: LayerCard,
  n: number,
  fires: number,
  most: number,
  score: number,
  all: LayerStats | undefined,
  unit: number,
): string {
  const samples = `${count(n)} samples`
  const verb = eitherSigned(layer) ? "Above 0" : "Fired"
  const times = `${verb} ${count(Math.round(fires * n))} times in ${samples}`
  switch (status) {
    case "unknown":
      return "No finite value: nothing can be said."
    case "dead":
      return fires === 0 ? `${verb} 0 times in ${samples}: rate below ${percent(most)} (rule of three).` : `Hardly away from 0 in ${samples}.`
    case "constant":
      return `The same value, ${number(all?.mean[unit] ?? Number.NaN)}, in all ${samples}.`
    case "dormant":
      return `${times}. Its mean |a| is ${Number.isFinite(score) ? number(score) : "a tiny share"}${Number.isFinite(score) ? " of its layer's average" : ""}.`
    case "always on":
      return `${times}: always on, it may act as a bias.`
    case "saturated":
      return `${verb} on ${percent(fires)} of ${samples}, mostly at the flat end of its activation.`
    default:
      return `${verb} on ${percent(fires)} of ${samples}.`
  }
}

export const TROUBLES = ["dead", "dormant", "constant", "always on", "saturated"] as const

/** How many units of a layer are what, worst first; only what occurs. */
export function tally(result: Result | null, layer: LayerCard, all: LayerStats | undefined): readonly { readonly status: string; readonly n: number }[] {
  const counts = new Map<string, number>()
  for (let unit = 0; unit < layer.units; unit++) {
    const status = result?.textOf("status", layer.name, unit) || (all ? counted(layer, all, unit) : "")
    counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return TROUBLES.flatMap((status) => (counts.has(status) ? [{ status, n: counts.get(status)! }] : []))
}

/** The first unit of a layer with that status; -1 when there is none. */
export function firstWith(result: Result | null, layer: LayerCard, all: LayerStats | undefined, status: string): number {
  for (let unit = 0; unit < layer.units; unit++) {
    if ((result?.textOf("status", layer.name, unit) || (all ? counted(layer, all, unit) : "")) === status) return unit
  }
  return -1
}
