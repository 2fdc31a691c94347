/** Typed: what may be typed into a field, and what a feature's numbers stand for. Pure. */

import type { Cell } from "../../engine/samples"

/** What is wrong with a typed number, in words; empty when nothing is. `most`: only 0 to that, whole. */
export function problemOf(text: string, most: number | null = null): string {
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) return "Type a number."
  if (most !== null && !(Number.isInteger(value) && value >= 0 && value <= most)) return `There are rows 0 to ${most.toLocaleString("en-US")}.`
  return ""
}

/** What a metadata value is as the model sees it. */
export interface Meaning {
  readonly text: string
  readonly value: number
}

/** Different metadata values that are still named one by one. */
const FEW = 6

/** Smallest and largest finite value; null where there is none. */
export function rangeOf(values: ArrayLike<number>): readonly [number, number] | null {
  let [low, high] = [Infinity, -Infinity]
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : null
}

/** Which number each of few metadata values is; empty where they are many, or one value has several numbers. */
export function meaningsOf(values: ArrayLike<number>, cell: (row: number) => Cell): Meaning[] {
  const found = new Map<string, number>()
  for (let row = 0; row < values.length; row++) {
    const of = cell(row)
    if (of === null) continue
    const [text, value] = [String(of), values[row]!]
    const known = found.get(text)
    if (known === undefined && found.size === FEW) return []
    if (known !== undefined && known !== value) return []
    found.set(text, value)
  }
  return [...found].map(([text, value]) => ({ text, value })).sort((one, other) => one.value - other.value)
}
