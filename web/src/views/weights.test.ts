import { describe, expect, it } from "vitest"
import type { EdgeCard, LayerCard } from "../contract/manifest"
import { byName } from "./words"
import { heldOf, weightNote } from "./weights"

const card = (name: string, units: number, position: number[] = []): LayerCard => ({
  name, label: name, kind: "dense", unitWord: "neuron", activation: null, operator: "linear", module: null, units, rank: 0,
  position, unitNames: null, signed: false, output: false, parametrised: true,
})
const cards = byName([card("image", 1, [8, 8]), card("conv", 12, [8, 8]), card("fc", 48), card("wide", 4000), card("out", 10)])
const edge = (source: string, target: string, k: number | null, kind: EdgeCard["kind"] = "linear"): EdgeCard => ({
  source, target, kind, full: null, weights: k === null ? null : { k, count: 1, source: "", target: "", value: "" },
})

describe("weights", () => {
  it("are whole where each unit keeps as many as the wider layer has units", () => {
    expect(heldOf([edge("conv", "fc", 48), edge("fc", "out", 48), edge("image", "out", null)], cards).whole).toBe(true)
  })

  it("say how many are kept of each unit where they are not", () => {
    expect(heldOf([edge("conv", "fc", 48), edge("fc", "wide", 16)], cards)).toEqual({ whole: false, range: "16" })
    expect(heldOf([edge("fc", "wide", 16), edge("wide", "wide", 8)], cards).range).toBe("8–16")
  })

  it("say what a number sums over", () => {
    expect(weightNote([edge("fc", "out", 48)], cards)).toBeNull()
    expect(weightNote([edge("conv", "fc", 48)], cards)).toContain("all positions")
    expect(weightNote([edge("image", "conv", 12)], cards)).toContain("kernel's window")
    expect(weightNote([edge("conv", "fc", 48, "nonlinear")], cards)).toMatch(/positions of the channel that are left.*not linear/)
    expect(weightNote([edge("fc", "out", null, "scaled")], cards)).toBeNull()
  })
})
