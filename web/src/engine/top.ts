/** Top: the samples where a unit is largest. */

export interface TopSample {
  readonly row: number
  readonly value: number
}

/** The `k` rows with the largest (or smallest) values, ties by row; NaN never, rows outside `mask` never. */
export function topRows(values: Float32Array, k: number, mask: Uint8Array | null = null, largest = true): TopSample[] {
  const best: TopSample[] = []
  const above = (one: number, other: number): boolean => (largest ? one > other : one < other)
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    if (Number.isNaN(value) || (mask && mask[row] !== 1)) continue
    if (best.length === k && !above(value, best[k - 1]!.value)) continue
    let place = best.length === k ? k - 1 : best.length
    while (place > 0 && above(value, best[place - 1]!.value)) place--
    best.splice(place, 0, { row, value })
    if (best.length > k) best.pop()
  }
  return best
}
