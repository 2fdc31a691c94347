import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { find } from "./find"

const card = (name: string, label: string, units: number, unitNames: string[] | null = null): LayerCard => ({
  name, label, kind: "dense", unitWord: "neuron", activation: null, operator: "linear", module: "Linear", units, rank: 0,
  position: [], unitNames, signed: false, output: false, parametrised: true,
})
const layers = [card("net.0", "dense 1", 32), card("net.2", "dense 2", 16), card("head", "output", 2, ["survived", "lost"])]
const addresses = (query: string) => find(query, layers).map((one) => one.address)

describe("find", () => {
  it("takes an address as it is", () => {
    expect(addresses("net.0:11")[0]).toBe("net.0:11")
  })

  it("takes a label with a number, and a bare number for every layer that has it", () => {
    expect(addresses("dense 1 11")[0]).toBe("net.0:11")
    expect(addresses("20")).toContain("net.0:20")
    expect(addresses("20")).not.toContain("net.2:20")
  })

  it("prefers a layer that is called just so", () => {
    expect(addresses("dense 1")[0]).toBe("net.0")
  })

  it("finds units by their names", () => {
    expect(addresses("surv")).toEqual(["head:0"])
  })

  it("lists the layers when nothing is typed", () => {
    expect(addresses("")).toEqual(["net.0", "net.2", "head"])
  })

  it("finds nothing without failing", () => {
    expect(addresses("no such thing")).toEqual([])
    expect(addresses("net.0:99")).toEqual([])
  })
})
