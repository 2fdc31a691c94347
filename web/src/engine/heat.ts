/** Heat job: a layer's values, samples down and units across, as many pixels as can be seen. */

import type { Job } from "./group"
import { codesOf, readRow, type SampledLayer } from "./layer"

/** Shares of a unit's values that lie below each line of its distribution. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const

export interface HeatRequest {
  /** Rows and units in the order in which they are drawn. */
  readonly rows: Uint32Array
  readonly units: Uint32Array
  /** Pixels, at most one per row and unit. */
  readonly height: number
  readonly width: number
}

export interface Heat {
  /** [y, x]: mean of the finite values that fall there; NaN where none is. */
  readonly values: Float32Array
  /** [quantile, x]: over at most 512 rows, evenly drawn. */
  readonly quantiles: Float32Array
  readonly height: number
  readonly width: number
  /** Rows it is made of: of many, a server takes some, evenly along their order. */
  readonly drawn: number
}

/** Rows that a distribution is drawn from, at most. */
const DRAWN = 512
/** Rows that the direction of likeness is found on, and rounds of the power method. */
const LOOKED = 256
const ROUNDS = 12

/** First of `many` that falls into pixel `at` of `pixels`. */
export function firstOf(at: number, pixels: number, many: number): number {
  return Math.ceil((at * many) / pixels)
}

/** The pixel that one of `many` falls into. */
export function pixelOf(place: number, pixels: number, many: number): number {
  return Math.floor((place * pixels) / many)
}

export function* heatJob(layer: SampledLayer, { rows, units, height, width }: HeatRequest): Job<Heat> {
  const { plan, chunks } = layer
  const codes = codesOf(plan)
  const scale = Float32Array.from(units, (unit) => (codes ? (plan.scale?.[unit] ?? 1) : 1))
  const missing = codes?.missing ?? -1
  const turned = plan.scheme === "i8"
  const columns = Uint32Array.from(units, (_, place) => pixelOf(place, width, units.length))
  const values = new Float32Array(height * width)
  const [sums, counts] = [new Float64Array(width), new Uint32Array(width)]
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    counts.fill(0)
    for (let at = firstOf(y, height, rows.length); at < firstOf(y + 1, height, rows.length); at++) {
      const chunk = chunks[Math.floor(rows[at]! / plan.rowsPerChunk)]
      const start = (rows[at]! % plan.rowsPerChunk) * plan.units
      for (let place = 0; chunk && place < units.length; place++) {
        const raw = chunk[start + units[place]!]!
        if (codes ? raw === missing : !Number.isFinite(raw)) continue
        const column = columns[place]!
        sums[column]! += (turned ? (raw << 24) >> 24 : raw) * scale[place]!
        counts[column]!++
      }
    }
    for (let x = 0; x < width; x++) values[y * width + x] = sums[x]! / counts[x]!
    yield
  }
  return { values, quantiles: yield* quantilesOf(layer, rows, units, width), height, width, drawn: rows.length }
}

function* quantilesOf(layer: SampledLayer, rows: Uint32Array, units: Uint32Array, width: number): Job<Float32Array> {
  const drawn = evenly(rows, DRAWN)
  const lists: number[][] = Array.from({ length: width }, () => [])
  for (const row of drawn) {
    const values = readRow(layer, row)
    units.forEach((unit, place) => {
      const value = values[unit]!
      if (Number.isFinite(value)) lists[pixelOf(place, width, units.length)]!.push(value)
    })
    yield
  }
  const found = new Float32Array(QUANTILES.length * width).fill(Number.NaN)
  for (const [x, list] of lists.entries()) {
    const sorted = Float32Array.from(list).sort()
    QUANTILES.forEach((share, line) => (found[line * width + x] = quantile(sorted, share)))
    yield
  }
  return found
}

/** Linear between neighbours, as numpy.quantile; NaN of nothing. */
export function quantile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN]
  return low + (high - low) * (place - Math.floor(place))
}

export function evenly(rows: Uint32Array, most: number): Uint32Array {
  return rows.length <= most ? rows : Uint32Array.from({ length: most }, (_, at) => rows[firstOf(at, most, rows.length)]!)
}

/** A number per sample to sort it by: its mean over the units, or how it lies along what most tells samples apart. */
export type RowScore = "mean" | "likeness"

export function* scoreJob(layer: SampledLayer, by: RowScore): Job<Float32Array> {
  const { rows, units } = layer.plan
  const weights = by === "mean" ? new Float32Array(units).fill(1 / units) : yield* mainDirection(layer)
  const scores = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    scores[row] = product(readRow(layer, row), weights)
    yield
  }
  return scores
}

/** First principal direction by the power method, over evenly drawn samples. */
function* mainDirection(layer: SampledLayer): Job<Float32Array> {
  const all = Uint32Array.from({ length: layer.plan.rows }, (_, row) => row)
  const table = Array.from(evenly(all, LOOKED), (row) => readRow(layer, row).map((value) => (Number.isFinite(value) ? value : 0)))
  const mean = new Float32Array(layer.plan.units)
  for (const row of table) row.forEach((value, unit) => (mean[unit]! += value / table.length))
  for (const row of table) row.forEach((value, unit) => (row[unit] = value - mean[unit]!))
  let direction: Float32Array = mean.map((_, unit) => 1 + (unit % 7) / 7)
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float32Array(direction.length)
    for (const row of table) {
      const along = product(row, direction)
      row.forEach((value, unit) => (next[unit]! += along * value))
      yield
    }
    const size = Math.sqrt(product(next, next))
    if (size > 0) direction = next.map((value) => value / size)
  }
  return direction
}

function product(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at++) if (Number.isFinite(one[at]!)) sum += one[at]! * other[at]!
  return sum
}
