// @vitest-environment node
import { describe, expect, it } from "vitest"
import type { Manifest, SliceCard } from "../contract/manifest"
import { Engine } from "./engine"
import { FilterError } from "./filters"
import { momentsOf } from "./stats"
import { activationCard, layerCard, MemoryPage, numberCard, textCard } from "./testingPage"

const N = 60
const rows = Array.from({ length: N }, (_, row) => row)
const sex = rows.map((row) => (row % 3 === 0 ? "female" : "male"))
const age = rows.map((row) => (row % 10 === 9 ? Number.NaN : row))
/** Unit 0 is higher for women, unit 1 is the same for all, unit 2 lost one value. */
const values = rows.map((row) => [
  (row % 7) * 0.25 + (row % 3 === 0 ? 3 : 0),
  ((row * 5) % 11) * 0.5 - 2,
  row === 4 ? Number.NaN : (row % 4) * 0.25,
])

function statsOf(chosen: (row: number) => boolean): number[][] {
  const units = [0, 1, 2].map((unit) => momentsOf(Float64Array.from(values.filter((_, row) => chosen(row)), (one) => one[unit]!)))
  return [
    units.map((one) => one.n),
    units.map((one) => one.mean),
    units.map((one) => one.meanAbs),
    units.map((one) => one.sd),
    units.map((one) => one.firingRate),
    units.map((one) => one.max),
  ]
}

function page(change: (page: MemoryPage, manifest: Manifest) => Partial<Manifest> = () => ({})) {
  const source = new MemoryPage()
  const slice = (name: string, expression: string, chosen: (row: number) => boolean): SliceCard => {
    const id = source.put("f32", [6, 3], statsOf(chosen).flat().map((value) => value + 0.001))
    return { name, expression, kind: name === "all" ? "all" : "named", n: rows.filter(chosen).length, stats: { fc1: id } }
  }
  const manifest = source.finish({
    model: { name: "net", framework: "test", layers: [layerCard("fc1", 3, 1), layerCard("fc2", 2, 2)], edges: [] },
    samples: {
      n: N,
      total: N,
      grouped: false,
      kind: "table",
      ids: source.put("u32", [N], rows.map((row) => row + 100)),
      half: source.put("u8", [N], rows.map((row) => Math.floor(row / 3) % 2)),
      columns: [textCard(source, "sex", sex), numberCard(source, "age", age)],
      unlisted: null,
      preview: null,
    },
    activations: [
      activationCard(source, "fc1", values, 0.25),
      activationCard(source, "fc2", rows.map((row) => [row % 2, 1]), 0.25),
    ],
    slices: [slice("all", "", () => true), slice("women", `sex == "female"`, (row) => sex[row] === "female")],
  })
  const whole = source.finish({ ...manifest, ...change(source, manifest) })
  return { source, manifest: whole, engine: new Engine(source, whole, { spawn: null }) }
}

const round = (list: ArrayLike<number>): number[] => Array.from(list, (value) => Number(value.toFixed(4)))

describe("valueStep", () => {
  it("is the unit's scale, of which its values are whole numbers", async () => {
    const { engine } = page()
    expect(await engine.valueStep("fc1", 1)).toBe(0.25)
    for (const value of await engine.unitValues("fc1", 1)) expect(Number.isInteger(value / 0.25)).toBe(true)
    expect(await engine.valueStep("nowhere", 0)).toBe(0)
  })
})

describe("group", () => {
  it("shows exact numbers where the filter is a shipped slice, however it is spelt", async () => {
    const { engine } = page()
    const stats = await engine.group("  sex=='female' ")
    expect(stats.exact).toBe(true)
    expect(stats.n).toBe(20)
    expect(round(stats.layers.get("fc1")!.mean)).toEqual(round(statsOf((row) => sex[row] === "female")[1]!.map((value) => value + 0.001)))
    expect(engine.stats.queries).toBe(0)
  })

  it("computes any other filter from the samples", async () => {
    const { engine } = page()
    const stats = await engine.group("age > 30 and sex == 'male'")
    const [n, mean, meanAbs, sd, firingRate, max] = statsOf((row) => age[row]! > 30 && sex[row] === "male")
    const found = stats.layers.get("fc1")!
    expect(stats.exact).toBe(false)
    expect([...found.n]).toEqual(n)
    expect(round(found.mean)).toEqual(round(mean!))
    expect(round(found.meanAbs)).toEqual(round(meanAbs!))
    expect(round(found.sd)).toEqual(round(sd!))
    expect(round(found.firingRate)).toEqual(round(firingRate!))
    expect(round(found.max)).toEqual(round(max!))
  })

  it("counts what is not finite apart", async () => {
    const { engine } = page()
    const { layers } = await engine.group("age < 8")
    expect([...layers.get("fc1")!.n]).toEqual([8, 8, 7])
    expect([...layers.get("fc1")!.nonfinite]).toEqual([0, 0, 1])
  })

  it("answers an empty selection with NaN and n = 0", async () => {
    const stats = await page().engine.group("age > 1000")
    expect(stats.n).toBe(0)
    expect([...stats.layers.get("fc1")!.mean]).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })

  it("asks once for the same question, and not again for an equal one", async () => {
    const { engine } = page()
    await Promise.all([engine.group("age > 3"), engine.group("age>3"), engine.group(" age > 3 ")])
    await engine.group("age > 3.0")
    expect(engine.stats.queries).toBe(1)
  })

  it("goes on without a layer whose values are damaged, and says so", async () => {
    const { engine, manifest, source } = page()
    const told: string[] = []
    engine.onProblem((problem) => told.push(problem.what))
    source.bytes.delete(manifest.activations[1]!.chunks[1]!)
    const stats = await engine.group("age > 3")
    expect([...stats.layers.keys()]).toEqual(["fc1"])
    expect(stats.problems.get("fc2")).toContain("damaged")
    expect(told).toEqual(["the activations of fc2"])
  })

  it("takes the samples where shipped statistics are damaged", async () => {
    const { engine, manifest, source } = page()
    source.bytes.delete(manifest.slices[1]!.stats["fc1"]!)
    const stats = await engine.group("sex == 'female'")
    expect(stats.exact).toBe(false)
    expect(round(stats.layers.get("fc1")!.mean)).toEqual(round(statsOf((row) => sex[row] === "female")[1]!))
  })

  it("reads no activations before they are needed", async () => {
    const { engine, manifest, source } = page()
    await engine.group(null)
    expect(source.asked).not.toContain(manifest.activations[0]!.chunks[0])
  })

  it("stops when its signal fires", async () => {
    const { engine } = page()
    const controller = new AbortController()
    const asking = engine.group("age > 3", controller.signal)
    controller.abort()
    await expect(asking).rejects.toMatchObject({ name: "AbortError" })
  })

  it("goes on for those who still wait when another has gone", async () => {
    const { engine } = page()
    const controller = new AbortController()
    const [gone, stays] = [engine.group("age > 3", controller.signal), engine.group("age > 3")]
    gone.catch(() => undefined)
    await engine.ready
    controller.abort()
    expect((await stays).n).toBe(50)
    await expect(gone).rejects.toMatchObject({ name: "AbortError" })
  })
})

describe("mask", () => {
  it("points at the wrong characters in UTF-16 units", async () => {
    const { engine } = page()
    await engine.ready
    const text = `sex == "🚢" and agee > 3`
    const answer = engine.mask(text)
    const problem = "error" in answer ? answer.error : null
    expect(problem && text.slice(problem.start, problem.end)).toBe("agee")
    expect(problem?.suggestion).toBe("age")
  })

  it("says why nothing is selected", async () => {
    const { engine } = page()
    await engine.ready
    const answer = engine.mask(`sex == "Female"`)
    expect("n" in answer && answer.n).toBe(0)
    expect("hints" in answer && answer.hints[0]?.message).toContain("female")
  })

  it("is pending, not wrong, while the samples are being read", async () => {
    const { engine } = page()
    const answer = engine.mask("age > 3")
    const pending = "error" in answer ? answer.error.pending : undefined
    await pending
    expect(engine.mask("age > 3")).toMatchObject({ n: 50 })
  })

  it("knows the columns sample and half", async () => {
    const { engine } = page()
    await engine.ready
    expect(engine.mask("sample < 110")).toMatchObject({ n: 10 })
    expect(engine.mask("half == 0")).toMatchObject({ n: 30 })
  })

  it("reads activations that a filter asks for", async () => {
    const { engine } = page()
    const stats = await engine.group(`@act("fc1", 0) >= 3`)
    expect(stats.n).toBe(values.filter(([first]) => first! >= 3).length)
    expect(engine.mask(`@act("fc9", 0) > 1`)).toMatchObject({ error: { message: expect.stringContaining("fc1") as string } })
    await expect(engine.group(`@act("fc1", 3) > 1`)).rejects.toBeInstanceOf(FilterError)
  })
})

describe("pair", () => {
  it("takes the opposite where a side is missing", async () => {
    const { engine } = page()
    const pair = await engine.pair("sex == 'female'", null)
    expect([pair.nA, pair.nB]).toEqual([20, 40])
    expect(pair.layers.get("fc1")!.difference[0]).toBeCloseTo(
      statsOf((row) => sex[row] === "female")[1]![0]! - statsOf((row) => sex[row] !== "female")[1]![0]!,
      4,
    )
    expect(pair.layers.get("fc1")!.g[0]).toBeGreaterThan(2)
  })

  it("is the mirror image of itself with the sides exchanged", async () => {
    const { engine } = page()
    const one = (await engine.pair("age < 40", "age >= 40")).layers.get("fc1")!
    const other = (await engine.pair("age >= 40", "age < 40")).layers.get("fc1")!
    expect(round(one.g)).toEqual(round(other.g.map((value) => -value)))
    expect(round(one.auroc)).toEqual(round(other.auroc.map((value) => 1 - value)))
    expect(round(one.p)).toEqual(round(other.p))
  })

  it("shows the shipped comparison either way round", async () => {
    const shipped = [0.5, 1, 0.75, 1.25, 0.875, 0.25, 0.5, 1]
    const { engine } = page((source) => ({
      comparisons: [{ a: 1, b: null, stats: { fc1: source.put("f32", [8, 3], shipped.flatMap((value) => [value, value, value])) } }],
    }))
    const straight = await engine.pair("sex == 'female'", null)
    const turned = await engine.pair(null, "sex == 'female'")
    const first = (pair: typeof straight): number[] => Object.values(pair.layers.get("fc1")!).map((column: Float32Array) => column[0]!)
    expect([straight.exact, turned.exact]).toEqual([true, true])
    expect([straight.nA, straight.nB, turned.nA, turned.nB]).toEqual([20, 40, 40, 20])
    expect(first(straight)).toEqual(shipped)
    expect(first(turned)).toEqual([-0.5, -1, -1.25, -0.75, 0.125, 0.25, 0.5, 1])
  })

  it("where samples come in groups nothing is judged by counting samples", async () => {
    const { engine } = page((_, manifest) => ({ samples: { ...manifest.samples, grouped: true } }))
    const pair = await engine.pair("age < 40", "age >= 40")
    const one = pair.layers.get("fc1")!
    for (const column of [one.q, one.p, one.gLow, one.gHigh, one.replicated]) expect([...column].every(Number.isNaN)).toBe(true)
    expect(one.g.some(Number.isFinite)).toBe(true)
    expect(pair.notes.join()).toContain("samples come in groups")
  })

  it("gives no q for groups that are too small, and says why", async () => {
    const pair = await page().engine.pair("age < 10", "age > 20")
    expect(pair.layers.get("fc1")!.q[0]).toBeNaN()
    expect(pair.layers.get("fc1")!.p[0]).toBeGreaterThanOrEqual(0)
    expect(pair.notes.join(" ")).toContain("20")
  })

  it("says that samples are in both groups", async () => {
    const pair = await page().engine.pair("age < 40", "age > 20")
    expect(pair.notes.join(" ")).toContain("in both groups; they pull the groups together, and p and q are only a guide")
  })

  it("says how many samples are in neither of two opposite groups", async () => {
    const pair = await page().engine.pair("age < 40", null)
    expect([pair.nA, pair.nB]).toEqual([36, 18])
    expect(pair.notes).toContain("6 samples in neither group: the filter has no answer for them (null).")
  })

  it("compares nothing with everything without falling over", async () => {
    const pair = await page().engine.pair(null, null)
    expect([pair.nA, pair.nB]).toEqual([60, 0])
    expect(pair.notes).toEqual(["Group B has no samples, so there is nothing to compare."])
  })
})

describe("columns and rows", () => {
  it("gives one unit's values in the order of the samples", async () => {
    const column = await page().engine.unitValues("fc1", 2)
    expect(Array.from(column.subarray(0, 6))).toEqual([0, 0.25, 0.5, 0.75, Number.NaN, 0.25])
  })

  it("gives every unit's value of one sample, in the second chunk too", async () => {
    const sample = await page().engine.sampleValues(45)
    expect(Array.from(sample.get("fc1")!)).toEqual(values[45])
    expect(Array.from(sample.get("fc2")!)).toEqual([1, 1])
  })

  it("shows what a sample is", async () => {
    const { engine } = page()
    const samples = await engine.ready
    expect(["sex", "age", "sample", "nothing"].map((name) => samples.cell(name, 9))).toEqual(["female", null, 109, null])
  })

  it("goes on without a damaged column, id or half", async () => {
    const { manifest, source } = page()
    const { ids, half, columns } = manifest.samples
    source.bytes.delete(columns[1]!.data)
    source.bytes.delete(half)
    source.bytes.set(ids, new Uint32Array(3).buffer)
    const engine = new Engine(source, manifest, { spawn: null })
    const samples = await engine.ready
    expect([...samples.columns.keys()]).toEqual(["sex", "sample", "half"])
    expect(samples.ids[59]).toBe(59)
    expect(engine.problems).toHaveLength(3)
    expect(engine.mask("sex == 'female'")).toMatchObject({ n: 20 })
  })

  it("says which layer has no values", async () => {
    await expect(page().engine.unitValues("fc7", 0)).rejects.toThrow("fc7")
  })
})
