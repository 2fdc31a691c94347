import { describe, expect, it } from "vitest"
import type { Job } from "./group"
import { heatJob, quantile, scoreJob } from "./heat"
import type { SampledLayer } from "./layer"

function done<T>(job: Job<T>): T {
  for (;;) {
    const step = job.next()
    if (step.done) return step.value
  }
}

function layer(rows: readonly (readonly number[])[]): SampledLayer {
  const units = rows[0]!.length
  const plan = { layer: "l", units, rows: rows.length, scheme: "f32" as const, rowsPerChunk: rows.length, scale: null }
  return { plan, chunks: [Float32Array.from(rows.flat())] }
}

const upTo = (n: number) => Uint32Array.from({ length: n }, (_, at) => at)

describe("heat", () => {
  it("has one pixel for each value where there is room, in the order asked for", () => {
    const request = { rows: Uint32Array.of(1, 0), units: Uint32Array.of(2, 0, 1), height: 2, width: 3 }
    const { values } = done(heatJob(layer([[1, 2, 3], [4, 5, 6]]), request))
    expect([...values]).toEqual([6, 4, 5, 3, 1, 2])
  })

  it("shrinks by the mean of what falls into a pixel and never averages what is not finite", () => {
    const rows = [[1, 3, Number.NaN, Number.NaN], [5, Number.POSITIVE_INFINITY, Number.NaN, 8]]
    const { values } = done(heatJob(layer(rows), { rows: upTo(2), units: upTo(4), height: 1, width: 2 }))
    expect([...values]).toEqual([3, 8])
    const nothing = done(heatJob(layer([[Number.NaN]]), { rows: upTo(1), units: upTo(1), height: 1, width: 1 }))
    expect(nothing.values[0]).toBeNaN()
  })

  it("reads codes by their scale and leaves out the missing", () => {
    const coded: SampledLayer = {
      plan: { layer: "l", units: 2, rows: 2, scheme: "i8", rowsPerChunk: 1, scale: Float32Array.of(0.5, 2) },
      chunks: [Uint8Array.of(256 - 4, 3), Uint8Array.of(128, 5)],
    }
    const { values } = done(heatJob(coded, { rows: upTo(2), units: upTo(2), height: 2, width: 2 }))
    expect([...values]).toEqual([-2, 6, Number.NaN, 10])
  })

  it("every value falls into exactly one pixel, whatever the sizes", () => {
    const rows = Array.from({ length: 7 }, () => Array.from({ length: 11 }, () => 1))
    const { values } = done(heatJob(layer(rows), { rows: upTo(7), units: upTo(11), height: 3, width: 4 }))
    expect([...values]).toEqual(Array.from({ length: 12 }, () => 1))
  })

  it("quantiles are those of numpy", () => {
    expect(quantile(Float32Array.of(0, 1, 2, 3), 0.25)).toBe(0.75)
    const column = Array.from({ length: 21 }, (_, at) => [at])
    const { quantiles } = done(heatJob(layer(column), { rows: upTo(21), units: upTo(1), height: 5, width: 1 }))
    expect([...quantiles]).toEqual([1, 5, 10, 15, 19])
  })
})

describe("row scores", () => {
  it("mean is the mean over the units", () => {
    expect([...done(scoreJob(layer([[1, 3], [2, 6]]), "mean"))]).toEqual([2, 4])
  })

  it("likeness parts two planted kinds of samples", () => {
    const rows = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? [5, 5, 0, at / 100] : [0, 0, 5, at / 100]))
    const scores = done(scoreJob(layer(rows), "likeness"))
    const even = [...scores].filter((_, at) => at % 2 === 0)
    const odd = [...scores].filter((_, at) => at % 2 === 1)
    expect(Math.min(...even) > Math.max(...odd) || Math.max(...even) < Math.min(...odd)).toBe(true)
  })
})
