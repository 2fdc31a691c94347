import { describe, expect, it } from "vitest"
import { layerCard } from "../engine/testingPage"
import type { LayerStats } from "../engine/api"
import { firstWith, healthOf, ruleOfThree, tally } from "./health"

const layer = layerCard("fc", 4, 1, { signed: false })
const stats: LayerStats = {
  n: Float64Array.of(712, 712, 712, 0),
  mean: Float32Array.of(0, 2, 1, Number.NaN),
  meanAbs: Float32Array.of(0, 2, 1, Number.NaN),
  sd: Float32Array.of(0, 0, 0.5, Number.NaN),
  firingRate: Float32Array.of(0, 1, 1, Number.NaN),
  max: Float32Array.of(0, 2, 3, Number.NaN),
  nonfinite: Float64Array.of(0, 0, 0, 712),
}

describe("health without an analysis", () => {
  it("bounds what was never seen: 3 / 712 is 0.4%", () => {
    expect(ruleOfThree(712)).toBeCloseTo(0.0042135, 6)
    expect(healthOf(null, layer, 0, stats)?.says).toBe("Fired 0 times in 712 samples: rate below 0.4% (rule of three).")
  })

  it("tells constant from always on, and says when nothing is known", () => {
    expect([1, 2, 3].map((unit) => healthOf(null, layer, unit, stats)?.status)).toEqual(["constant", "always on", "unknown"])
    expect(healthOf(null, layer, 0, undefined)).toBe(null)
  })

  it("says what takes either sign in its own words", () => {
    expect(healthOf(null, { ...layer, signed: true }, 2, stats)?.says).toBe("Above 0 on 100% of 712 samples.")
  })

  it("is counted per layer, worst first, and points at the first such unit", () => {
    expect(tally(null, layer, stats)).toEqual([
      { status: "dead", n: 1 },
      { status: "constant", n: 1 },
      { status: "always on", n: 1 },
    ])
    expect(firstWith(null, layer, stats, "always on")).toBe(2)
    expect(firstWith(null, layer, stats, "dormant")).toBe(-1)
  })
})
