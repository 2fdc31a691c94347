/** Sampled layer: per-sample values of one layer as they were shipped, row-major in chunks. */

import type { ActivationCard } from "../contract/manifest"

/** What the calculation needs of an activation card. */
export interface LayerPlan {
  readonly layer: string
  readonly units: number
  readonly rows: number
  readonly scheme: ActivationCard["scheme"]
  readonly rowsPerChunk: number
  /** value = code * scale; null is 1. */
  readonly scale: Float32Array | null
}

export interface SampledLayer {
  readonly plan: LayerPlan
  /** u8 and i8 as bytes, f16 and f32 as numbers; row-major. */
  readonly chunks: readonly (Uint8Array | Float32Array)[]
}

/** Codes of a quantised scheme: from `low` to `high`, and the byte that marks a value that was not finite. */
export interface Codes {
  readonly low: number
  readonly high: number
  readonly missing: number
}

const CODES: Readonly<Record<"u8" | "i8", Codes>> = {
  u8: { low: 0, high: 254, missing: 255 },
  i8: { low: -127, high: 127, missing: 128 },
}

/** null for schemes that hold the numbers themselves. */
export function codesOf(plan: LayerPlan): Codes | null {
  return plan.scheme === "u8" || plan.scheme === "i8" ? CODES[plan.scheme] : null
}

function reader(plan: LayerPlan): (raw: number, unit: number) => number {
  const codes = codesOf(plan)
  if (!codes) return (raw) => raw
  const signed = plan.scheme === "i8"
  return (raw, unit) => {
    if (raw === codes.missing) return Number.NaN
    return (signed ? (raw << 24) >> 24 : raw) * (plan.scale?.[unit] ?? 1)
  }
}

/** Every sample's value of one unit; NaN where it was not finite in a quantised scheme. */
export function readColumn({ plan, chunks }: SampledLayer, unit: number): Float32Array {
  const column = new Float32Array(plan.rows)
  const value = reader(plan)
  let row = 0
  for (const chunk of chunks) {
    for (let at = unit; at < chunk.length && row < plan.rows; at += plan.units) column[row++] = value(chunk[at]!, unit)
  }
  return column
}

/** Every unit's value for one sample. */
export function readRow({ plan, chunks }: SampledLayer, row: number): Float32Array {
  const chunk = chunks[Math.floor(row / plan.rowsPerChunk)]
  const start = (row % plan.rowsPerChunk) * plan.units
  const value = reader(plan)
  return Float32Array.from({ length: plan.units }, (_, unit) => (chunk ? value(chunk[start + unit]!, unit) : Number.NaN))
}
