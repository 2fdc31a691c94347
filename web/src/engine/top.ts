/** Top: the samples where a unit is largest, and how its values are spread. */

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

export interface Histogram {
  /** Borders of the bins, one more than bins. */
  readonly edges: Float64Array
  /** Counts per group. */
  readonly counts: readonly Uint32Array[]
  /** Largest share of a group in one bin, for a common axis. */
  readonly peak: number
}

/** Finite range of values; [0, 0] when there is none. */
export function rangeOf(values: Float32Array): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  return low <= high ? [low, high] : [0, 0]
}

/** Counts of values in `bins` equal bins over the range of all finite values, for each mask. */
export function histogram(values: Float32Array, masks: readonly Uint8Array[], bins: number): Histogram {
  const [low, high] = rangeOf(values)
  const width = (high - low) / bins || 1
  const edges = Float64Array.from({ length: bins + 1 }, (_, place) => low + place * width)
  let peak = 0
  const counts = masks.map((mask) => {
    const count = new Uint32Array(bins)
    let n = 0
    for (let row = 0; row < values.length; row++) {
      const value = values[row]!
      if (mask[row] !== 1 || !Number.isFinite(value)) continue
      count[Math.min(bins - 1, Math.floor((value - low) / width))]!++
      n++
    }
    if (n > 0) peak = Math.max(peak, count.reduce((most, one) => Math.max(most, one), 0) / n)
    return count
  })
  return { edges, counts, peak }
}
