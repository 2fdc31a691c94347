/** Density raster: what very many edges look like, accumulated per pixel on the CPU, in slices so that the page stays alive. */

import type { Transform } from "./transform"
import { BEND, type EdgePaths } from "./edges2d"

const STEPS = 64

/** Height of the S-shaped curve at equal steps of x: the Bezier that single edges are drawn with. */
const CURVE = Float32Array.from({ length: STEPS + 1 }, (_, step) => {
  const x = step / STEPS
  let low = 0
  let high = 1
  for (let i = 0; i < 30; i++) {
    const t = (low + high) / 2
    const at = 3 * BEND * t * (1 - t) ** 2 + 3 * (1 - BEND) * t * t * (1 - t) + t ** 3
    if (at < x) low = t
    else high = t
  }
  const t = (low + high) / 2
  return 3 * t * t * (1 - t) + t ** 3
})

export interface Raster {
  readonly width: number
  readonly height: number
  readonly positive: Float32Array
  readonly negative: Float32Array
}

export function raster(width: number, height: number): Raster {
  const pixels = width * height
  return { width, height, positive: new Float32Array(pixels), negative: new Float32Array(pixels) }
}

/**
 * Add edges `from` to `to` (exclusive). In each pixel column an edge lays down its size once, spread over the rows it
 * crosses there, so steep edges are not darker than flat ones. Reference: Moritz and Fisher, DenseLines, 2018.
 */
export function accumulate(into: Raster, paths: EdgePaths, at: Transform, from: number, to: number): void {
  const { width, height } = into
  const { value } = paths.set
  for (let edge = from; edge < to; edge++) {
    const x0 = paths.x0[edge]! * at.k + at.tx
    const x1 = paths.x1[edge]! * at.k + at.tx
    const y0 = paths.y0[edge]! * at.k + at.ty
    const dy = paths.y1[edge]! * at.k + at.ty - y0
    const weight = Math.abs(value[edge]!)
    const plane = value[edge]! < 0 ? into.negative : into.positive
    const first = Math.max(0, Math.ceil(x0))
    const last = Math.min(width - 1, Math.floor(x1))
    if (last < first) continue
    const step = STEPS / (x1 - x0)
    let before = y0 + dy * curveAt((first - x0) * step)
    for (let x = first; x <= last; x++) {
      const after = y0 + dy * curveAt((x + 1 - x0) * step)
      let top = Math.floor(Math.min(before, after))
      let bottom = Math.floor(Math.max(before, after))
      const share = weight / (bottom - top + 1)
      if (top < 0) top = 0
      if (bottom >= height) bottom = height - 1
      for (let y = top, pixel = top * width + x; y <= bottom; y++, pixel += width) plane[pixel]! += share
      before = after
    }
  }
}

function curveAt(step: number): number {
  if (step <= 0) return 0
  if (step >= STEPS) return 1
  const low = Math.floor(step)
  return CURVE[low]! + (CURVE[low + 1]! - CURVE[low]!) * (step - low)
}

/** Size that one pixel in a hundred of those that are not empty exceeds; estimated from a sample of them. */
export function brightest(from: Raster): number {
  const sample: number[] = []
  const total = from.width * from.height
  for (let i = 0; i < total; i += 7) {
    const sum = from.positive[i]! + from.negative[i]!
    if (sum > 0) sample.push(sum)
  }
  sample.sort((one, other) => one - other)
  return sample[Math.floor(0.99 * sample.length)] ?? 0
}

/** Square-root tone mapping up to `full`; the colour is the mixture of the two signs at a pixel. */
export function toneMap(
  from: Raster,
  pixels: Uint8ClampedArray,
  positive: number,
  negative: number,
  full: number,
  strength: number,
): void {
  const total = from.width * from.height
  const scale = full > 0 ? 1 / full : 0
  for (let i = 0, byte = 0; i < total; i++, byte += 4) {
    const plus = from.positive[i]!
    const sum = plus + from.negative[i]!
    if (sum === 0) {
      pixels[byte + 3] = 0
      continue
    }
    const share = plus / sum
    pixels[byte] = ((positive >> 16) & 255) * share + ((negative >> 16) & 255) * (1 - share)
    pixels[byte + 1] = ((positive >> 8) & 255) * share + ((negative >> 8) & 255) * (1 - share)
    pixels[byte + 2] = (positive & 255) * share + (negative & 255) * (1 - share)
    pixels[byte + 3] = 255 * strength * Math.min(1, Math.sqrt(sum * scale))
  }
}
