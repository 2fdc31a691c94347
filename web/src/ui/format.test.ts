import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { about, chance, count, factsIn, layerFacts, measured, number, percent, score, signed } from "./format"

const card: LayerCard = {
  name: "0", label: "dense 1", kind: "dense", unitWord: "neuron", activation: "relu", operator: "linear", module: "Linear",
  units: 32, rank: 1, position: [], unitNames: null, signed: false, output: false, parametrised: true,
}

/** The cases that Python is held to as well. */
const cases = JSON.parse(readFileSync("../tests/conformance/numbers.json", "utf8")) as Record<string, [number | string | null, string][]>
const written: Record<string, (value: number) => string> = { number, signed, measured, score, percent, chance }

describe("numbers", () => {
  it.each(Object.keys(written))("%s reads as it does in Python", (name) => {
    const values = cases[name]!.map(([value]) => (value === null ? Number.NaN : Number(String(value).replace("inf", "Infinity"))))
    expect(values.map(written[name]!)).toEqual(cases[name]!.map(([, text]) => text))
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
