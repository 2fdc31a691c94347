import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { fit, layoutNetwork } from "../layout"
import { STILL, transformOf } from "../render/transform"
import { headingsOf, layoutAbove } from "./headings"

const card = (name: string, rank: number, units: number): LayerCard => ({
  name, label: name, kind: "dense", unitWord: "neuron", activation: "relu", operator: "linear", module: null, units, rank,
  position: [], unitNames: null, signed: false, output: false, parametrised: true,
})

describe("headings", () => {
  it("stand above every layer with what there is room for", () => {
    const cards = [card("x", 0, 4), card("h", 1, 8), card("y", 2, 2)]
    const headings = headingsOf(layoutNetwork(cards, [], 900, 500), cards, STILL)
    expect(headings.map((one) => one.card.name)).toEqual(["x", "h", "y"])
    expect(headings.map((one) => one.facts)).toEqual(["4 · ReLU", "8 · ReLU", "2 · ReLU"])
    expect(new Set(headings.map((one) => one.y)).size).toBe(1)
  })

  it("take turns on two lines where names are wider than columns, and never overlap on one", () => {
    const cards = Array.from({ length: 8 }, (_, rank) => card(`encoder.block.${rank}`, rank, 8))
    const headings = headingsOf(layoutNetwork(cards, [], 560, 500), cards, { k: 0.6, tx: 0, ty: 0 })
    for (const [index, one] of headings.entries()) {
      const next = headings.slice(index + 1).find((other) => other.y === one.y)
      if (next) expect(one.x + one.room / 2).toBeLessThanOrEqual(next.x - next.room / 2)
    }
  })
})

describe("layout above the legend", () => {
  it("ends the lanes of skip edges above the strip of the legend", () => {
    const cards = ["a", "b", "c", "d"].map((name, rank) => card(name, rank, 32))
    const edges = [{ source: "a", target: "c" }, { source: "b", target: "d" }, { source: "a", target: "d" }]
    const canvas = { width: 900, height: 700 }
    const laid = layoutAbove(cards, edges, canvas.width, canvas.height)
    const { k, ty } = transformOf(fit(laid, canvas), canvas)
    const depth = Math.max(...laid.routes.map((route) => (route.lane?.y ?? 0) * k + ty))
    expect(depth).toBeLessThanOrEqual(700 - 96)
  })
})
