import { describe, expect, it } from "vitest"
import type { GroupStats, PairStats } from "../engine/api"
import { Engine } from "../engine/engine"
import { isMissing, type Result } from "../engine/results"
import { layerCard, MemoryPage } from "../engine/testingPage"
import { crossingsOf, ordersOf, type OrderSources } from "./order"

const cards = [layerCard("in", 2, 0), layerCard("fc", 4, 1), layerCard("out", 2, 2, { output: true })]
const nothing: OrderSources = { group: null, pair: null, selectivity: null, order: null }
const fc = (mode: Parameters<typeof ordersOf>[0], from: Partial<OrderSources>) => {
  const order = ordersOf(mode, cards, { ...nothing, ...from }).get("fc")
  return order ? Array.from(order) : undefined
}

function group(values: Record<string, number[]>): GroupStats {
  const stats = Object.fromEntries(Object.entries(values).map(([name, list]) => [name, Float32Array.from(list)]))
  return { layers: new Map(cards.map((card) => [card.name, stats])) } as unknown as GroupStats
}

async function result(name: string, make: (page: MemoryPage) => Record<string, { dims: string[]; data: string; texts: string[] | null }>): Promise<Result> {
  const page = new MemoryPage()
  page.put("u32", [0], [])
  const values = make(page)
  const model = { name: "m", framework: "", layers: cards, edges: [] }
  const results = [{ name, params: "{}", layers: ["fc"], coords: {}, values, n: {}, notes: [] }]
  const engine = new Engine(page, page.finish({ model, results }), { spawn: null })
  const found = await engine.results(name)
  if (isMissing(found)) throw new Error(found.missing)
  await found.read(...found.names)
  return found
}

describe("the order of a layer", () => {
  it("by firing rate or mean has the highest first, ties and NaN in the model's order", () => {
    const stats = group({ firingRate: [0.1, Number.NaN, 0.9, 0.9], mean: [3, 2, -1, 5] })
    expect(fc("rate", { group: stats })).toEqual([2, 3, 0, 1])
    expect(fc("mean", { group: stats })).toEqual([3, 0, 1, 2])
  })

  it("leaves inputs and outputs as they are", () => {
    const orders = ordersOf("mean", cards, { ...nothing, group: group({ mean: [0, 1, 2, 3] }) })
    expect([...orders.keys()]).toEqual(["fc"])
  })

  it("by class goes from A to B while two groups are compared", () => {
    const layers = new Map([["fc", { auroc: Float32Array.of(0.2, 0.9, 0.5, 0.7) }]])
    expect(fc("class", { pair: { layers } as unknown as PairStats })).toEqual([1, 3, 2, 0])
  })

  it("by class of the label goes from one class to the other; of many, class by class", async () => {
    const best = (codes: number[], texts: string[]) => (page: MemoryPage) => ({
      best: { dims: ["unit"], data: page.put("u8", [4], codes), texts },
      best_auroc: { dims: ["unit"], data: page.put("f32", [4], [0.9, 0.8, 0.7, 0.6]), texts: null },
    })
    expect(fc("class", { selectivity: await result("selectivity", best([1, 0, 1, 0], ["no", "yes"])) })).toEqual([1, 3, 2, 0])
    expect(fc("class", { selectivity: await result("selectivity", best([2, 0, 2, 1], ["a", "b", "c"])) })).toEqual([1, 3, 0, 2])
    expect(fc("class", {})).toBeUndefined()
  })

  it("comes from the page where it was computed before, and is not followed when it misses a unit", async () => {
    const shipped = (order: number[]) =>
      result("order", (page) => ({
        "permutation\tfc": { dims: ["place\tfc"], data: page.put("u8", [4], order), texts: null },
        crossings_before: { dims: [], data: page.put("f32", [], [100]), texts: null },
        crossings_after: { dims: [], data: page.put("f32", [], [25]), texts: null },
        crossings_random: { dims: [], data: page.put("f32", [], [50]), texts: null },
      }))
    const good = await shipped([3, 1, 0, 2])
    expect(fc("crossings", { order: good })).toEqual([3, 1, 0, 2])
    expect(crossingsOf(good)).toEqual({ before: 100, after: 25, random: 50 })
    expect(fc("crossings", { order: await shipped([3, 1, 1, 2]) })).toBeUndefined()
    expect(crossingsOf(null)).toBeNull()
  })
})
