// @vitest-environment node
import { expect, it, vi } from "vitest"
import type { Manifest } from "../contract/manifest"
import { type Answer, Refused } from "../source/DataSource"
import type { PairStats } from "./api"
import { Engine } from "./engine"
import { activationCard, layerCard, MemoryPage, numberCard } from "./testingPage"

const N = 48
const rows = Array.from({ length: N }, (_, row) => row)

/** Python as a page meets it: busy, or answering with numbers that no page has. */
class Python extends MemoryPage {
  busy = false
  readonly queries: (readonly [string, Readonly<Record<string, unknown>>])[] = []
  #layers: readonly string[] = []

  open(total: number, carried: boolean): Engine {
    const layers = ["fc1", "fc2", "fc3"]
    this.#layers = layers
    const values = rows.map((row) => [row % 7, row % 5])
    const manifest: Manifest = this.finish({
      model: { name: "net", framework: "test", layers: layers.map((name, rank) => layerCard(name, 2, rank + 1)), edges: [] },
      samples: {
        n: N,
        total,
        grouped: false,
        kind: "table",
        ids: this.put("u32", [N], rows),
        half: this.put("u8", [N], rows.map((row) => row % 2)),
        columns: [numberCard(this, "age", rows)],
        unlisted: null,
        preview: null,
      },
      activations: layers.map((name) => ({ ...activationCard(this, name, values, 1), ...(carried ? {} : { chunks: [] }) })),
      slices: [],
    })
    return new Engine(this, manifest, { spawn: null })
  }

  query(name: string, params: object): Promise<Answer> {
    const given = params as Record<string, unknown>
    this.queries.push([name, given])
    if (this.busy) return Promise.reject(new Error("a cell runs"))
    const asked = (given["layers"] as string[] | undefined) ?? this.#layers
    const names = { values: ["value"], contrast: ["hedges_g", "p"] }[name] ?? ["n", "mean", "hedges_g", "p", "q"]
    const shape = name === "values" ? [N] : name === "activity" ? [(given["slices"] as unknown[]).length, 2 * asked.length] : [2 * asked.length]
    const axes = name === "values" ? ["sample"] : name === "activity" ? ["slice", "unit"] : ["unit"]
    const size = shape.reduce((product, one) => product * one)
    // The second slice has other numbers than the first.
    const numbers = Array.from({ length: size }, (_, at) => (name === "activity" && at >= 2 * asked.length ? 0.5 : 0.125))
    const data = (): string => this.put("f64", shape, numbers)
    const all = name === "activity" ? ["n", "mean", "mean_abs", "sd", "firing_rate", "max", "nonfinite"] : names
    const cards = Object.fromEntries(all.map((one) => [one, { dims: axes, data: data(), texts: null }]))
    const result = { name, params: "{}", layers: name === "values" ? [] : asked, coords: {}, values: cards, n: { a: 3, b: 4 }, notes: [] }
    return Promise.resolve({ result, columns: [], blobs: this.blobs, blob: (id) => this.blob(id) })
  }
}

it("asks a large comparison layer by layer, shows what is ready, and takes q from the whole", async () => {
  const python = new Python()
  const engine = python.open(60_000_000, false)
  const told: PairStats[] = []
  const whole = await engine.pair("age < 20", "age >= 20", undefined, (part) => told.push(part))
  expect(python.queries.map(([name, params]) => [name, params["layers"]])).toEqual([
    ["contrast", ["fc1"]],
    ["contrast", ["fc2"]],
    ["contrast", ["fc3"]],
    ["compare", undefined],
  ])
  expect(told.map((part) => [...part.layers.keys()].join())).toEqual(["fc1", "fc1,fc2", "fc1,fc2,fc3"])
  const [first] = told
  expect([...first!.layers.get("fc1")!.g, ...first!.layers.get("fc1")!.p]).toEqual([0.125, 0.125, 0.125, 0.125])
  expect([...first!.layers.get("fc1")!.q, ...first!.layers.get("fc1")!.replicated]).toEqual([NaN, NaN, NaN, NaN])
  expect(first!.notes.join()).toContain("1 of 3 layers")
  expect([...whole.layers.get("fc3")!.q]).toEqual([0.125, 0.125])
  expect(whole.notes).toEqual([])
})

it("asks both groups in one question, and each alone where they are the same", async () => {
  const python = new Python()
  const engine = python.open(60_000_000, false)
  const { a, b } = await engine.sides("age < 20", "age > 30")
  expect(python.queries.map(([name, params]) => [name, params["slices"], params["layers"]])).toEqual(
    ["fc1", "fc2", "fc3"].map((layer) => ["activity", ["age < 20", "age > 30"], [layer]]),
  )
  expect([a.n, b.n, [...a.layers.get("fc3")!.mean], [...b.layers.get("fc3")!.mean]]).toEqual([3, 4, [0.125, 0.125], [0.5, 0.5]])
  expect([...b.layers.keys()]).toEqual(["fc1", "fc2", "fc3"])
  await engine.sides("age < 20", "age > 30")
  expect(python.queries).toHaveLength(3)
  expect([engine.hasAsked("activity"), engine.hasAsked("health")]).toEqual([true, false])
  await engine.sides("age < 5", "age < 5")
  expect(python.queries.slice(3).map(([, params]) => params["slices"])).toEqual([["age < 5"], ["age < 5"], ["age < 5"]])
})

it("asks a small comparison at once", async () => {
  const python = new Python()
  await python.open(N, false).pair("age < 20", "age >= 20", undefined, () => expect.unreachable())
  expect(python.queries.map(([name]) => name)).toEqual(["compare"])
})

it("asks again for numbers that the page gave while Python was busy, and no more once they are Python's", async () => {
  const python = new Python()
  const engine = python.open(N, true)
  const ask = async () => {
    const [{ a, b }, pair, column] = [await engine.sides("age < 24", null), await engine.pair("age < 24", null), await engine.unitValues("fc1", 0)]
    return [a.exact, b.exact, pair.exact, engine.isExact(column)]
  }
  python.busy = true
  expect(await ask()).toEqual([false, false, false, false])
  python.busy = false
  expect(await ask()).toEqual([true, true, true, true])
  const many = python.queries.length
  expect(await ask()).toEqual([true, true, true, true])
  expect(python.queries).toHaveLength(many)
})

it("keeps the page's own numbers where there is nobody to ask", async () => {
  const python = new Python()
  Object.defineProperty(python, "query", { value: undefined })
  const engine = python.open(N, true)
  const first = await engine.pair("age < 24", null)
  expect(first.exact).toBe(false)
  expect(await engine.pair("age < 24", null)).toBe(first)
})

it("asks a layer again that the server had no time for, and says what is done when it has none at all", async () => {
  vi.useFakeTimers()
  const python = new Python()
  const engine = python.open(60_000_000, false)
  const ask = python.query.bind(python)
  const late = (times: number) => (name: string, params: object) => {
    const asked = ask(name, params)
    const slow = String((params as { layers?: unknown }).layers) === "fc2" && times-- > 0
    return slow ? Promise.reject(new Refused("timeout", "this took longer than 30 s, and was stopped.")) : asked
  }
  python.query = late(2)
  const whole = engine.pair("age < 20", null)
  await vi.runAllTimersAsync()
  expect([(await whole).layers.size, (await whole).notes]).toEqual([3, []])
  const asked = python.queries.map(([name, { layers }]) => `${name} ${String(layers)}`)
  expect(asked).toEqual(["contrast fc1", "contrast fc2", "contrast fc2", "contrast fc2", "contrast fc3", "compare undefined"])
  python.query = late(3)
  const told: PairStats[] = []
  const stopped = engine.pair("age < 21", null, undefined, (part) => told.push(part)).catch((problem: unknown) => problem)
  await vi.runAllTimersAsync()
  expect(await stopped).toBeInstanceOf(Refused)
  expect(told.at(-1)!.notes).toEqual([
    "1 of 3 layers so far. The rest was not answered: this took longer than 30 s, and was stopped. Reload the page to go on from here.",
  ])
  expect([...told.at(-1)!.layers.keys()]).toEqual(["fc1"])
  vi.useRealTimers()
})

it("asks for what is drawn of the whole recording one after the other, and for what is compared at once", async () => {
  const python = new Python()
  const engine = python.open(60_000_000, false)
  const ask = python.query.bind(python)
  const open = new Map<number, () => void>()
  let next = 0
  python.query = (name, params) => new Promise((resolve) => open.set(next++, () => resolve(ask(name, params))))
  const [whole, part] = [engine.group(null), engine.group("age < 9")]
  const sides = engine.sides("age < 20", "age > 30")
  await vi.waitFor(() => expect(open.size).toBe(2))
  const answerAll = async () => {
    for (const [number, answer] of open) {
      open.delete(number)
      answer()
      await new Promise((resolve) => setTimeout(resolve))
    }
  }
  while (python.queries.length < 9) await answerAll()
  await Promise.all([whole, part, sides])
  const slices = python.queries.map(([, given]) => (given["slices"] as unknown[]).join())
  expect(slices.filter((one) => one !== "age < 20,age > 30")).toEqual(["", "", "", "age < 9", "age < 9", "age < 9"])
  expect(slices.slice(0, 2).sort()).toEqual(["", "age < 20,age > 30"])
})
