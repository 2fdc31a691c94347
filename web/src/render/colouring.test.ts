import { describe, expect, it } from "vitest"
import { blendOklch, signed } from "../colour/scales"
import { layoutNetwork } from "../layout"
import type { LayerCard } from "../contract/manifest"
import type { GroupStats, LayerStats } from "../engine/api"
import { commonScale, paintOf, sides } from "./colouring"
import { DEAD, NEUTRAL, NONFINITE, VALUE } from "./paint"
import { sceneOf } from "./scene"

const card = (name: string, kind: string, units: number, rank: number): LayerCard => ({
  name, label: name, kind, unitWord: "neuron", activation: null, operator: "linear", module: null, units, rank,
  position: [], unitNames: null, signed: false, output: false, parametrised: true,
})

const cards = [card("input", "input", 2, 0), card("h", "dense", 3, 1)]
const scene = sceneOf(layoutNetwork(cards, [], 600, 400))

function group(mean: number[], nonfinite = [0, 0, 0]): GroupStats {
  const values = Float32Array.from(mean)
  const stats: LayerStats = {
    n: Float64Array.of(5, 5, 5), mean: values, meanAbs: values.map(Math.abs), sd: values, firingRate: values, max: values,
    nonfinite: Float64Array.from(nonfinite),
  }
  return { expression: "", n: 5, exact: true, layers: new Map([["h", stats], ["input", stats]]), problems: new Map() }
}

it("shows one sample on the scale of all, so that a small value stays pale", () => {
  // The helper's spread is the mean: usual sizes are 3, so is their largest.
  const all = group([1, 1, 1])
  const { colour } = paintOf(scene, cards, { mode: "signed", blend: "oklch", theme: "dark", all, a: group([3, 0.001, -3]), b: null, one: true })
  expect([...colour.subarray(2)]).toEqual([3, 0.001, -3].map((value) => signed(value, 3, "dark")))
})

describe("colouring", () => {
  it("keeps input features neutral, marks units that never fire and units that are not finite", () => {
    const all = group([1, 0, 2], [0, 0, 3])
    const paint = paintOf(scene, cards, { mode: "abs", blend: "oklch", theme: "dark", all, a: all, b: null })
    expect([...paint.mark]).toEqual([NEUTRAL, NEUTRAL, VALUE, DEAD, NONFINITE])
  })

  it("shows both groups on one scale", () => {
    const a = group([1, 2, 4])
    const b = group([2, 2, 1])
    const paint = paintOf(scene, cards, { mode: "ab", blend: "oklch", theme: "dark", all: a, a, b })
    expect(paint.colour[2]).toBe(blendOklch(1, 2, 4, "dark"))
    expect(paint.colour[4]).toBe(blendOklch(4, 1, 4, "dark"))
  })

  it("is neutral where nothing is known", () => {
    const paint = paintOf(scene, cards, { mode: "abs", blend: "oklch", theme: "dark", all: null, a: null, b: null })
    expect([...paint.mark]).toEqual([NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL, NEUTRAL])
  })
})

describe("sides", () => {
  it("are the means themselves where nothing is negative", () => {
    expect(sides(0.8, 0.8, 0.2, 0.2)).toEqual([0.8, 0.2])
  })

  it("tell a logit that is positive in A and negative in B as A's", () => {
    const [a, b] = sides(2, 2, -2, 2)
    expect(a).toBe(4)
    expect(b).toBe(0)
  })
})

describe("common scale", () => {
  it("ignores what is not finite and one wild unit in a hundred", () => {
    const values = Float32Array.from({ length: 200 }, (_, i) => i / 100)
    values[199] = 1e9
    values[0] = Number.NaN
    expect(commonScale([values], 0.99)).toBeCloseTo(1.98, 2)
  })
})
