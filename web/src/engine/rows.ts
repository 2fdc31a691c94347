/** Rows: a mask as rising row numbers, whole or by held-out half. */

import type { Halves } from "./pair"

/** The rows where `mask` is 1. */
export function rowsOf(mask: Uint8Array): Uint32Array {
  const rows = new Uint32Array(countOf(mask))
  let place = 0
  for (let row = 0; row < mask.length; row++) if (mask[row] === 1) rows[place++] = row
  return rows
}

export function countOf(mask: Uint8Array): number {
  let n = 0
  for (let row = 0; row < mask.length; row++) n += mask[row]!
  return n
}

/** The same by half; a row whose half is neither 0 nor 1 counts to half 1. */
export function halvesOf(mask: Uint8Array, half: Uint8Array): Halves {
  const rows = rowsOf(mask)
  return { half0: rows.filter((row) => half[row] === 0), half1: rows.filter((row) => half[row] !== 0) }
}

/** How many rows are in both. */
export function overlap(one: Uint8Array, other: Uint8Array): number {
  let n = 0
  for (let row = 0; row < one.length; row++) n += one[row]! & other[row]!
  return n
}
