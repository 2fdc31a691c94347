import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { reach } from "./reach"

const card = (name: string, rank: number, output = false, unitNames: string[] | null = null): LayerCard => ({
  name, label: name, kind: "dense", unitWord: "neuron", activation: null, operator: "linear", module: null, units: 3, rank,
  position: [], unitNames, signed: false, output, parametrised: true,
})
const layers = [card("a", 1), card("b", 2), card("c", 3), card("out", 4, true, ["no", "maybe", "yes"])]

describe("reach", () => {
  it("names the strongest units of the next layer and which way it moves the outputs", () => {
    const forward = new Map([["b", Float32Array.of(0.1, -0.9, 0.3)], ["c", Float32Array.of(1, 1, 1)], ["out", Float32Array.of(0, 0, -2)]])
    const found = reach(layers, { layer: layers[0]! }, { forward, backward: new Map() })!
    expect(found.nextLayer).toBe("b")
    expect(found.next.map((one) => one.name)).toEqual(["1", "2"])
    expect(found.outputs).toEqual([{ unit: 2, name: "yes", value: -2 }])
  })

  it("says an output that is called by a number together with its layer", () => {
    const digits = { ...layers[3]!, unitNames: ["0", "1", "2"] }
    const forward = new Map([["out", Float32Array.of(0, 3, 0)]])
    expect(reach([layers[0]!, digits], { layer: layers[0]! }, { forward, backward: new Map() })!.outputs[0]!.name).toBe("out · 1")
  })

  it("says what acts on an output, which acts on nothing itself", () => {
    const backward = new Map([["a", Float32Array.of(9, 9, 9)], ["c", Float32Array.of(0, 0.2, -0.4)]])
    const found = reach(layers, { layer: layers[3]! }, { forward: new Map(), backward })!
    expect([found.backwards, found.nextLayer, found.next.map((one) => one.name)]).toEqual([true, "c", ["2", "1"]])
  })

  it("says nothing when nothing is known", () => {
    expect(reach(layers, { layer: layers[0]! }, null)).toBeNull()
    expect(reach(layers, { layer: layers[0]! }, { forward: new Map(), backward: new Map() })).toBeNull()
  })
})
