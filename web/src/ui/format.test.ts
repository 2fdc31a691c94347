import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { about, chance, count, factsIn, layerFacts, number, percent, signed } from "./format"

const card: LayerCard = {
  name: "0", label: "dense 1", kind: "dense", unitWord: "neuron", activation: "relu", operator: "linear", module: "Linear",
  units: 32, rank: 1, position: [], unitNames: null, signed: false, output: false, parametrised: true,
}

describe("numbers", () => {
  it("have three significant digits and a true minus", () => {
    expect([0, 0.8234, -0.19, 1.615, 12.345, 123.4, 12345, -2e7, 0.0001].map(number)).toEqual([
      "0", "0.823", "−0.190", "1.61", "12.3", "123", "12,345", "−2.0e7", "1.0e−4",
    ])
  })

  it("say what is not finite", () => {
    expect([Number.NaN, Infinity, -Infinity].map(number)).toEqual(["–", "∞", "−∞"])
  })

  it("show the sign of weights", () => {
    expect([0.931, -0.7, 0, 0.001].map(signed)).toEqual(["+0.93", "−0.70", "0.00", "+0.001"])
  })

  it("never round a share to none or all", () => {
    expect([0, 0.0004, 0.023, 0.88, 0.9996, 1].map(percent)).toEqual(["0%", "< 0.1%", "2.3%", "88%", "> 99.9%", "100%"])
  })

  it("bound small chances", () => {
    expect([0.00001, 0.0123, 0.5, Number.NaN].map(chance)).toEqual(["1e−5", "0.012", "0.50", "–"])
    expect([8.4e-75, 1e-310, 0].map(chance)).toEqual(["8e−75", "< 1e−300", "< 1e−300"])
  })

  it("group thousands", () => {
    expect(count(1234567)).toBe("1,234,567")
  })

  it("carry ~ when they come from quantised rows, unless the text is exact anyway", () => {
    expect([about("0.82", false), about("0.82", true), about("–", false)]).toEqual(["~0.82", "0.82", "–"])
  })
})

describe("layer facts", () => {
  it("name the units of an input and the size of a map", () => {
    expect(layerFacts({ ...card, kind: "input", unitWord: "feature", units: 6, activation: null })).toBe("6 features")
    expect(layerFacts(card)).toBe("32 · ReLU")
    expect(layerFacts({ ...card, unitWord: "channel", position: [14, 14] })).toBe("32 · ReLU · 14×14")
  })

  it("say less where there is less room, the count always", () => {
    const map = { ...card, unitWord: "channel", position: [14, 14] } as const
    expect([200, 80, 30].map((room) => factsIn(map, room))).toEqual(["32 · ReLU · 14×14", "32 · ReLU", "32"])
    expect(factsIn({ ...card, output: true }, 40)).toBe("32")
  })
})
