import { describe, expect, it } from "vitest"
import { histogram, outline, ticks } from "./histogram"

describe("histogram", () => {
  it("puts groups of different size on one axis, as shares", () => {
    const h = histogram([Float32Array.of(1, 2, 3, 4), Float32Array.of(4)], 4)
    expect([h.low, h.high]).toEqual([0, 4])
    expect([...h.shares[0]!]).toEqual([0, 0.25, 0.25, 0.5])
    expect([...h.shares[1]!]).toEqual([0, 0, 0, 1])
    expect(h.peak).toBe(1)
  })

  it("tells exact zeros apart when there are many", () => {
    const h = histogram([Float32Array.of(0, 0, 0, 2)], 2)
    expect(h.apart).toBe(true)
    expect(h.zero[0]).toBe(0.75)
    expect([...h.shares[0]!]).toEqual([0, 0.25])
  })

  it("counts what is not finite and leaves it out", () => {
    const h = histogram([Float32Array.of(Number.NaN, 1, Infinity)], 2)
    expect([h.n[0], h.nonfinite[0], h.high]).toEqual([1, 2, 1])
  })

  it("draws no comb from values that are whole steps", () => {
    // One value on each of 87 steps: more steps than bins, and not a multiple of them.
    const step = Math.fround(0.0173)
    const even = Float32Array.from({ length: 87 }, (_, code) => code * step)
    const { shares, bins, low, high } = histogram([even], 36, step)
    expect(bins).toBe(29)
    expect([...shares[0]!].map((share) => share.toFixed(6))).toEqual(Array<string>(29).fill((3 / 87).toFixed(6)))
    expect([low / step, high / step].map((end) => Number(end.toFixed(4)))).toEqual([-0.5, 86.5])
  })

  it("gives each step its own bin when there are few, also below zero", () => {
    const { shares, bins } = histogram([Float32Array.of(-0.5, -0.25, 0.25, 0.25)], 36, 0.25)
    expect(bins).toBe(4)
    expect([...shares[0]!]).toEqual([0.25, 0.25, 0, 0.5])
  })

  it("leaves out no value at either end of whole steps", () => {
    for (const step of [1e-6, 0.013, 0.1, 7].map(Math.fround)) {
      const values = Float32Array.from({ length: 255 }, (_, place) => (place - 127) * step)
      const { shares } = histogram([values], 36, step)
      const most = Math.max(...shares[0]!)
      expect([...shares[0]!].slice(0, -1).every((share) => Math.abs(share - most) < 1e-9)).toBe(true)
    }
  })

  it("holds when a group is empty or all values are equal", () => {
    expect(histogram([new Float32Array(0)], 2).peak).toBe(0)
    expect([...histogram([Float32Array.of(0, 0)], 2).shares[0]!]).toEqual([0, 0])
  })
})

describe("ticks", () => {
  it("are round and inside", () => {
    expect(ticks(0, 1.6, 5)).toEqual([0, 0.5, 1, 1.5])
    expect(ticks(-2.3, 4.1, 5)).toEqual([-2, -1, 0, 1, 2, 3, 4])
    expect(ticks(0, 0.0012, 5)).toEqual([0, 0.0002, 0.0004, 0.0006, 0.0008, 0.001, 0.0012])
    expect(ticks(3, 3, 5)).toEqual([3])
  })
})

describe("outline", () => {
  it("runs along the tops of the bars", () => {
    expect(outline(Float64Array.of(0.5, 1), 1, 20, 10).line).toBe("M0 5H10L10 0H20")
  })
})
