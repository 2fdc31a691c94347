import { describe, expect, it } from "vitest"
import { layerCard, MemoryPage } from "./testingPage"
import { Engine } from "./engine"
import { isMissing, type Result } from "./results"
import type { ResultCard } from "../contract/manifest"

const layers = [layerCard("in", 2, 0), layerCard("fc", 3, 1)]

function pageWith(make: (page: MemoryPage) => Partial<ResultCard>[], notes: string[] = []): { engine: Engine; page: MemoryPage } {
  const page = new MemoryPage()
  page.put("u32", [0], [])
  const results = make(page).map((card): ResultCard => ({ name: "health", params: "{}", layers: ["in", "fc"], coords: {}, values: {}, n: {}, notes: [], ...card }))
  const model = { name: "m", framework: "torch", layers, edges: [] }
  return { engine: new Engine(page, page.finish({ model, results, notes }), { spawn: null }), page }
}

async function only(engine: Engine, name = "health"): Promise<Result> {
  const found = await engine.results(name)
  if (isMissing(found)) throw new Error(found.missing)
  return found
}

describe("a Result", () => {
  it("gives each layer its share of the unit axis", async () => {
    const { engine } = pageWith((page) => [
      { values: { score: { dims: ["unit"], data: page.put("f32", [5], [1, 2, 3, 4, 5]), texts: null } } },
    ])
    const health = await only(engine)
    await health.read("score")
    expect([...health.part("score", "in")!]).toEqual([1, 2])
    expect([...health.part("score", "fc")!]).toEqual([3, 4, 5])
    expect(health.part("score", "elsewhere")).toBe(null)
    expect(health.of("score", "fc", 2)).toBe(5)
  })

  it("gives a row of [class, unit] and the neighbours of [unit, k]", async () => {
    const { engine } = pageWith((page) => [
      {
        values: {
          auroc: { dims: ["class", "unit"], data: page.put("f32", [2, 5], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), texts: null },
          index: { dims: ["unit", "k"], data: page.put("u8", [5, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), texts: null },
        },
      },
    ])
    const found = await only(engine)
    await found.read("auroc", "index")
    expect([...found.part("auroc", "fc", 1)!]).toEqual([7, 8, 9])
    expect([...found.part("index", "fc")!.subarray(2, 4)]).toEqual([6, 7])
  })

  it("reads texts by their codes", async () => {
    const { engine } = pageWith((page) => [
      { values: { status: { dims: ["unit"], data: page.put("u8", [5], [1, 1, 0, 1, 0]), texts: ["dead", "ok"] } } },
    ])
    const health = await only(engine)
    await health.read("status")
    expect(health.textOf("status", "fc", 0)).toBe("dead")
    expect(health.textOf("status", "fc", 7)).toBe("")
  })

  it("decodes nothing before a value is asked for, and each value once", async () => {
    const { engine, page } = pageWith((put) => [
      { values: { score: { dims: ["unit"], data: put.put("f32", [5], [1, 2, 3, 4, 5]), texts: null } } },
    ])
    await engine.ready
    const before = page.asked.length
    const health = await only(engine)
    expect(page.asked.length).toBe(before)
    expect(health.now("score")).toBe(null)
    expect(health.of("score", "fc", 0)).toBeNaN()
    await Promise.all([health.value("score"), health.value("score")])
    expect(page.asked.length).toBe(before + 1)
  })

  it("has no value under another name, and refuses one of another size", async () => {
    const { engine } = pageWith((page) => [
      { values: { score: { dims: ["unit"], data: page.put("f32", [4], [1, 2, 3, 4]), texts: null } } },
    ])
    const health = await only(engine)
    expect(await health.value("constructor")).toBe(null)
    await expect(health.value("score")).rejects.toThrow("another size")
    expect(engine.problems).toHaveLength(1)
  })
})

describe("the Results of a page", () => {
  it("are told apart by what was asked", async () => {
    const { engine } = pageWith(() => [
      { name: "order", params: '{"by": "crossings"}' },
      { name: "order", params: '{"by": "together"}', notes: ["second"] },
    ])
    const found = await engine.results("order", { by: "together" })
    expect(isMissing(found) ? null : found.notes).toEqual(["second"])
    expect(engine.resultsNamed("order")).toHaveLength(2)
  })

  it("that are missing have a reason: the page's own note, or that it was made without", async () => {
    const { engine } = pageWith(() => [], ["No selectivity: there is no label."])
    expect(await engine.results("selectivity")).toEqual({ missing: "No selectivity: there is no label." })
    expect(await engine.results("health")).toEqual({ missing: "This page was made without health." })
  })

  it("with unreadable parameters are still there", async () => {
    const { engine } = pageWith(() => [{ params: "{" }])
    expect((await only(engine)).params).toEqual({})
  })
})
