/** Small things for the engine's tests. */

import type { LayerPlan, SampledLayer } from "./layer"
import type { Job } from "./group"

/** Runs a job to its end. */
export function finish<T>(job: Job<T>): T {
  for (;;) {
    const step = job.next()
    if (step.done) return step.value
  }
}

/** A layer from columns of numbers: f32 as they are, u8 and i8 as codes of `scale` (NaN and infinity as missing). */
export function layerOf(
  columns: readonly (readonly number[])[],
  scheme: LayerPlan["scheme"] = "f32",
  scale = 1,
  rowsPerChunk = 7,
): SampledLayer {
  const rows = columns[0]?.length ?? 0
  const missing = scheme === "u8" ? 255 : 128
  const code = (value: number): number => (Number.isFinite(value) ? Math.round(value / scale) & 255 : missing)
  const chunks: (Uint8Array | Float32Array)[] = []
  for (let start = 0; start < rows; start += rowsPerChunk) {
    const here = Math.min(rowsPerChunk, rows - start)
    const values = Array.from({ length: here * columns.length }, (_, at) => {
      return columns[at % columns.length]![start + Math.floor(at / columns.length)]!
    })
    chunks.push(scheme === "u8" || scheme === "i8" ? Uint8Array.from(values.map(code)) : Float32Array.from(values))
  }
  const scales = new Float32Array(columns.length).fill(scale)
  return { plan: { layer: "x", units: columns.length, rows, scheme, rowsPerChunk, scale: scales }, chunks }
}

/** A number of the conformance corpus: null is NaN, infinities are words. */
export function numberOf(value: unknown): number {
  return value === null ? Number.NaN : Number(value)
}

/** Equal within a relative tolerance; NaN equals NaN, infinities equal themselves. */
export function near(found: number, expected: number, relative = 1e-6): boolean {
  if (Object.is(found, expected) || found === expected) return true
  if (Number.isNaN(found) || Number.isNaN(expected)) return false
  return Math.abs(found - expected) <= relative * Math.max(Math.abs(expected), 1e-30)
}
