/** Notes: what a comparison cannot say, in words. */

import type { PairLayerStats } from "./api"
import { FEWEST } from "./stats"

export interface PairCounts {
  readonly nA: number
  readonly nB: number
  /** Samples in both groups. */
  readonly shared: number
  /** Samples in neither of two opposite groups, as the filter has no answer for them. */
  readonly unknown: number
  /** Samples come in groups, and these numbers count samples. */
  readonly grouped?: boolean
}

/** Said in the place of a q that would count samples which are not independent. */
export const GROUPED = "not judged here: samples come in groups"

/** In what is said of samples that are in A and in B. */
export const SHARED = "in both groups"

function samples(n: number): string {
  return `${n.toLocaleString("en")} sample${n === 1 ? "" : "s"}`
}

export function pairNotes({ nA, nB, shared, unknown, grouped = false }: PairCounts): string[] {
  if (nA === 0 && nB === 0) return ["Neither group has samples, so there is nothing to compare."]
  const [few, n] = nA > nB ? (["B", nB] as const) : (["A", nA] as const)
  if (n === 0) return [`Group ${few} has no samples, so there is nothing to compare.`]
  const notes: string[] = []
  if (n < FEWEST) notes.push(`${few} has ${samples(n)}; q needs at least ${FEWEST} in each.`)
  if (grouped) notes.push(`Which differences would hold is ${GROUPED}, and this page counts samples. naut.compare counts groups.`)
  if (shared > 0) notes.push(`${samples(shared)} ${shared === 1 ? "is" : "are"} ${SHARED}; they pull the groups together, and p and q are only a guide.`)
  if (unknown > 0) notes.push(`${samples(unknown)} in neither group: the filter has no answer for them (null).`)
  return notes
}

/** Takes away what counts samples as if they were independent. */
export function unjudged({ gLow, gHigh, p, q, replicated }: PairLayerStats): void {
  for (const column of [gLow, gHigh, p, q, replicated]) column.fill(Number.NaN)
}
