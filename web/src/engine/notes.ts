/** Notes: what a comparison cannot say, in words. */

import { FEWEST } from "./stats"

export function pairNotes(nA: number, nB: number, shared: number): string[] {
  if (nA === 0 && nB === 0) return ["Neither group has samples, so there is nothing to compare."]
  if (nA === 0 || nB === 0) return [`Group ${nA === 0 ? "A" : "B"} has no samples, so there is nothing to compare.`]
  const notes: string[] = []
  const few = Math.min(nA, nB)
  if (few < FEWEST) notes.push(`A group has ${few} samples; q needs at least ${FEWEST} in each.`)
  if (shared > 0) notes.push(`${shared} samples are in both groups.`)
  return notes
}
