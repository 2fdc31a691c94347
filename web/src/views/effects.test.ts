import { describe, expect, it } from "vitest"
import { layerCard } from "../engine/testingPage"
import { effects } from "./effects"

const [input, one, two, out] = [layerCard("in", 2, 0), layerCard("one", 2, 1), layerCard("two", 3, 2), layerCard("out", 1, 3, { output: true })]
const layers = [input, one, two, out]
const forward = new Map([["two", Float32Array.of(0.1, -5, 0)], ["out", Float32Array.of(-0.2)]])
const backward = new Map([["in", Float32Array.of(Number.NaN, -3)], ["one", Float32Array.of(2, 0)]])
const influence = { forward, backward }
const said = (list: ReturnType<typeof effects>) => list.map(({ layer, unit, value }) => `${layer.name}:${unit} ${value.toFixed(1)}`)

describe("effects", () => {
  it("forwards begin with the outputs, then the nearest layer by size; nothing is nothing", () => {
    expect(said(effects(layers, one, influence, "forward", 4))).toEqual(["out:0 -0.2", "two:1 -5.0", "two:0 0.1"])
  })

  it("backwards are compared over all layers, without what is not a number", () => {
    expect(said(effects(layers, two, influence, "backward", 4))).toEqual(["in:1 -3.0", "one:0 2.0"])
  })

  it("stop at k", () => {
    expect(effects(layers, two, influence, "backward", 1)).toHaveLength(1)
  })
})
