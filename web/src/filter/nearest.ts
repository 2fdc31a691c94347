/** The name a typist most likely meant, found the same way in Python and TypeScript. Mirrors core/filters/nearest.py. */

const LOOKED_AT = 2000
const LONGEST = 48

/** The closest option, or null: case aside, a third of the signs may differ; else one that begins as it does. */
export function nearest(word: string, options: Iterable<string>): string | null {
  const folded = Array.from(word.toLowerCase())
  if (folded.length === 0 || folded.length > LONGEST) return null
  const start = folded.join("")
  let best: string | null = null
  let begins: string | null = null
  let least = 1000
  let seen = 0
  for (const option of options) {
    if (seen++ >= LOOKED_AT) break
    const lowered = option.toLowerCase()
    const other = Array.from(lowered)
    if (other.length > LONGEST) continue
    const allowed = Math.floor((Math.max(folded.length, other.length) + 1) / 3)
    if (Math.abs(folded.length - other.length) <= allowed) {
      const away = distance(folded, other)
      if (away <= allowed && away < least) {
        best = option
        least = away
      }
    }
    const shorter = Math.min(folded.length, other.length)
    if (begins === null && shorter > 1 && (lowered.startsWith(start) || start.startsWith(lowered))) begins = option
  }
  return best ?? begins
}

/** Insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string alignment). */
function distance(a: readonly string[], b: readonly string[]): number {
  let older: number[] = []
  let above: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, place) => place)
  for (let i = 1; i <= a.length; i++) {
    older = above
    above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(above[j]! + 1, row[j - 1]! + 1, replace)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, older[j - 2]! + 1)
      row.push(cost)
    }
  }
  return row[b.length]!
}
