// @vitest-environment node
import { describe, expect, it } from "vitest"
import type { Manifest } from "../contract/manifest"
import { Engine } from "./engine"
import { layerCard, MemoryPage } from "./testingPage"

/** 3 inputs, 2 hidden units, 1 output. */
function page(change: (page: MemoryPage) => Partial<Manifest>) {
  const source = new MemoryPage()
  const none = source.put("u32", [0], [])
  const half = source.put("u8", [0], [])
  const model = (edges: Manifest["model"]["edges"]): Manifest["model"] => ({
    name: "net",
    framework: "test",
    layers: [layerCard("in", 3, 0), layerCard("fc1", 2, 1), layerCard("out", 1, 2)],
    edges,
  })
  const weights = (from: number[], to: number[], value: number[]) => ({
    k: 16,
    count: value.length,
    source: source.put("u16", [from.length], from),
    target: source.put("u32", [to.length], to),
    value: source.put("f32", [value.length], value),
  })
  const edges = [
    { source: "in", target: "fc1", kind: "linear", weights: weights([2, 0, 1, 0], [0, 1, 0, 0], [-3, 2, 1, 0.5]), full: null },
    { source: "fc1", target: "out", kind: "linear", weights: weights([1, 0], [0, 0], [0.75, -0.25]), full: null },
    { source: "in", target: "out", kind: "nonlinear", weights: null, full: null },
  ] as const
  const samples = { n: 0, total: 0, grouped: false, kind: "table", ids: none, half, columns: [], unlisted: null, preview: null } as const
  const manifest = source.finish({ model: model(edges), samples, ...change(source) })
  return { source, manifest, engine: new Engine(source, manifest, { spawn: null }) }
}

describe("edges", () => {
  it("answers the strongest neighbours both ways by falling size", async () => {
    const { engine } = page(() => ({}))
    expect(engine.inputsOf("fc1", 0)).toEqual([])
    await engine.edges()
    expect(engine.inputsOf("fc1", 0, 2)).toEqual([
      { layer: "in", unit: 2, weight: -3 },
      { layer: "in", unit: 1, weight: 1 },
    ])
    expect(engine.outputsOf("in", 0)).toEqual([
      { layer: "fc1", unit: 1, weight: 2 },
      { layer: "fc1", unit: 0, weight: 0.5 },
    ])
    expect(engine.outputsOf("out", 0)).toEqual([])
  })

  it("leaves out an edge whose arrays are damaged, keeps the others", async () => {
    const { engine, manifest, source } = page(() => ({}))
    source.bytes.delete(manifest.model.edges[0]!.weights!.value)
    const edges = await engine.edges()
    expect(edges.map((edge) => edge.targetLayer)).toEqual(["out"])
    expect(engine.problems[0]?.what).toBe("the weights from in to fc1")
  })

  it("leaves out an edge that points at units that are not there", async () => {
    const { engine, manifest, source } = page(() => ({}))
    source.bytes.set(manifest.model.edges[1]!.weights!.source, Uint16Array.of(1, 7).buffer)
    expect((await engine.edges()).map((edge) => edge.targetLayer)).toEqual(["fc1"])
    expect(engine.problems[0]?.message).toContain("not there")
  })
})

describe("influence", () => {
  const cards = (source: MemoryPage): Partial<Manifest> => ({
    influence: [
      { source: "in", target: "fc1", n: 2, full: source.put("f32", [3, 2], [1, 2, 3, 4, 5, 6]), forward: null, backward: null },
      {
        source: "fc1",
        n: 2,
        target: "out",
        full: null,
        forward: { k: 1, index: source.put("i32", [2, 1], [0, 0]), value: source.put("f32", [2, 1], [-1, 7]) },
        backward: { k: 2, index: source.put("i32", [1, 2], [1, -1]), value: source.put("f32", [1, 2], [7, 0]) },
      },
    ],
  })

  it("reads rows forwards and columns backwards of a full matrix", async () => {
    const { engine } = page(cards)
    const { forward } = await engine.influence("in", 1)
    expect([...forward.get("fc1")!]).toEqual([3, 4])
    const { backward } = await engine.influence("fc1", 1)
    expect([...backward.get("in")!]).toEqual([2, 4, 6])
  })

  it("is 0 where only the strongest were shipped", async () => {
    const { engine } = page(cards)
    expect([...(await engine.influence("fc1", 1)).forward.get("out")!]).toEqual([7])
    expect([...(await engine.influence("out", 0)).backward.get("fc1")!]).toEqual([0, 7])
  })

  it("answers at once after it has been read, and not before", async () => {
    const { engine } = page(cards)
    expect(engine.influenceNow("in", 0)).toBeNull()
    await engine.preload()
    expect(engine.influenceNow("in", 0)).toEqual(await engine.influence("in", 0))
    expect(engine.influenceNow("in", 0)).toBe(engine.influenceNow("in", 0))
  })

  it("leaves out a pair of layers whose block is damaged", async () => {
    const { engine, manifest, source } = page(cards)
    source.bytes.delete(manifest.influence[0]!.full!)
    const { forward, backward } = await engine.influence("fc1", 0)
    expect([...forward.keys()]).toEqual(["out"])
    expect([...backward.keys()]).toEqual([])
  })
})
