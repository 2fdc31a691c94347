/** Histogram: how values of several groups lie on one common axis. Pure. */

export interface Histogram {
  readonly low: number
  readonly high: number
  readonly bins: number
  readonly ticks: readonly number[]
  /** Per group: share of the group's finite values in each bin. */
  readonly shares: readonly Float64Array[]
  /** Largest share of any bin. */
  readonly peak: number
  /** Per group: share that is exactly zero; left out of the bins when `apart`. */
  readonly zero: readonly number[]
  readonly apart: boolean
  /** Per group: finite values, and values that are not. */
  readonly n: readonly number[]
  readonly nonfinite: readonly number[]
}

/** From this share of exact zeros on (a ReLU at rest), zeros are told apart: their bar would flatten all others. */
const APART = 0.05

/**
 * `step` above 0 says that every value is a whole number of steps. A bin then holds equally many of them and has them in
 * its middle: bins that now hold two and now three draw a comb that is not in the data.
 */
export function histogram(groups: readonly Float32Array[], most = 36, step = 0): Histogram {
  const finite = groups.map((values) => values.filter(Number.isFinite))
  const zero = finite.map((values) => (values.length > 0 ? countZeros(values) / values.length : 0))
  const apart = zero.some((share) => share >= APART)
  const { low, high, bins } = binsOf(rangeOf(finite), most, step)
  const marks = ticks(low, high, 5)
  const shares = finite.map((values) => share(values, low, high, bins, apart))
  return {
    low,
    high,
    bins,
    ticks: marks,
    shares,
    peak: shares.reduce((most, one) => Math.max(most, ...one), 0),
    zero,
    apart,
    n: finite.map((values) => values.length),
    nonfinite: groups.map((values, index) => values.length - finite[index]!.length),
  }
}

function rangeOf(groups: readonly Float32Array[]): { low: number; high: number } {
  let low = 0
  let high = 0
  for (const values of groups) for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
  return { low, high }
}

function binsOf({ low, high }: { low: number; high: number }, most: number, step: number): { low: number; high: number; bins: number } {
  if (!(step > 0) || !(high > low)) return { low, high, bins: most }
  const first = Math.round(low / step)
  const codes = Math.round(high / step) - first + 1
  const wide = Math.ceil(codes / most)
  const bins = Math.ceil(codes / wide)
  const start = (first - 0.5) * step
  return { low: start, high: start + bins * wide * step, bins }
}

/** About `count` round numbers from low to high: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count
  if (!(raw > 0) || !Number.isFinite(raw)) return [low]
  const power = 10 ** Math.floor(Math.log10(raw))
  const share = raw / power
  const step = power * (share >= 7.07 ? 10 : share >= 3.16 ? 5 : share >= 1.41 ? 2 : 1)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)))
}

/** Ticks as texts, with as many decimals as their distance asks for. */
export function tickTexts(marks: readonly number[]): string[] {
  const digits = marks.length > 1 ? Math.max(0, -Math.floor(Math.log10(marks[1]! - marks[0]!) + 1e-9)) : 1
  return marks.map((value) => value.toFixed(Math.min(6, digits)).replace("-", "−"))
}

function countZeros(values: Float32Array): number {
  let n = 0
  for (const value of values) if (value === 0) n++
  return n
}

function share(values: Float32Array, low: number, high: number, bins: number, apart: boolean): Float64Array {
  const counts = new Float64Array(bins)
  const scale = high > low ? bins / (high - low) : 0
  for (const value of values) {
    if (apart && value === 0) continue
    counts[Math.min(bins - 1, Math.floor((value - low) * scale))]! += 1
  }
  return values.length > 0 ? counts.map((count) => count / values.length) : counts
}

/** The outline of bars as an SVG path in a box of `width` by `height`: along the tops, closed at the bottom. */
export function outline(shares: Float64Array, peak: number, width: number, height: number): { line: string; area: string } {
  const step = width / shares.length
  const at = (share: number): number => round(height - (peak > 0 ? share / peak : 0) * height)
  let line = ""
  shares.forEach((share, bin) => {
    line += `${bin === 0 ? "M" : "L"}${round(bin * step)} ${at(share)}H${round((bin + 1) * step)}`
  })
  return { line, area: `${line}V${height}H0Z` }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
