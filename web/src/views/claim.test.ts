import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { claimOf } from "./claim"

const layer: LayerCard = {
  name: "5", label: "dense 3", kind: "dense", unitWord: "neuron", activation: null, operator: "linear", module: null, units: 8, rank: 3,
  position: [], unitNames: null, signed: false, output: false, parametrised: true,
}

describe("claimOf", () => {
  it("calls the unit as the rest of the page does", () => {
    expect(claimOf("Neuron 3 of layer 5 is more active for women.", { layer, unit: 3 })).toBe("dense 3 · neuron 3 is more active for women.")
    const output = { ...layer, label: "output", unitNames: ["no", "yes"] }
    expect(claimOf("Neuron 1 of layer 5 is less active.", { layer: output, unit: 1 })).toBe("output · yes is less active.")
  })

  it("leaves other sentences, and other units, as they are", () => {
    for (const claim of ["Unit 3 prefers women.", "Neuron 31 of layer 5 is odd.", "Neuron 3 of layer 5x is odd."]) {
      expect(claimOf(claim, { layer, unit: 3 })).toBe(claim)
    }
    expect(claimOf("Neuron 3 of layer 5 is odd.", null)).toBe("Neuron 3 of layer 5 is odd.")
  })
})
