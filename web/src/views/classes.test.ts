import { describe, expect, it } from "vitest"
import { Samples } from "../engine/samples"
import { boolColumn, numberColumn, textColumn } from "../filter/columns"
import { aurocInterval, partings, scores } from "./classes"

const n = 100
const half = Uint8Array.from({ length: n }, (_, row) => row % 2)
const codes = Int32Array.from({ length: n }, (_, row) => Math.floor(row / 2) % 2)
const samples = new Samples(n, Uint32Array.from({ length: n }, (_, row) => row), half, [
  textColumn("kind", codes, ["cat", "dog"]),
  textColumn("my `own`", Int32Array.from({ length: n }, (_, row) => (row === 0 ? -1 : row % 3)), ["a", "b", "c"]),
  boolColumn("alive", Uint8Array.from({ length: n }, (_, row) => (row === 0 ? 255 : row % 2))),
  numberColumn("deck", Float64Array.from({ length: n }, (_, row) => row % 4)),
  numberColumn("fare", Float64Array.from({ length: n }, (_, row) => row / 7)),
  textColumn("name", Int32Array.from({ length: n }, (_, row) => row), Array.from({ length: n }, (_, row) => `n${row}`)),
])
const kind = partings(samples)[0]!

describe("classes", () => {
  it("are columns of a few values, never identifiers or measurements", () => {
    expect(partings(samples).map(({ column }) => column)).toEqual(["kind", "my `own`", "alive", "deck"])
  })

  it("are all values of what the recording calls its classes, at most 1,000", () => {
    expect(partings(samples, ["name", "fare"]).find(({ column }) => column === "name")!.classes).toHaveLength(n)
    const many = textColumn("label", Int32Array.from({ length: 2002 }, (_, row) => row % 1001), Array.from({ length: 1001 }, (_, at) => `c${at}`))
    const wide = new Samples(2002, Uint32Array.from({ length: 2002 }, (_, row) => row), new Uint8Array(2002), [many])
    expect(partings(wide, ["label"])).toEqual([])
  })

  it("carry the filter that selects them, and leave nulls out", () => {
    const [, own, alive, deck] = partings(samples)
    expect(own!.classes.map((one) => one.n)).toEqual([33, 33, 33])
    expect(own!.classes[0]!.filter).toBe('`my ``own``` == "a"')
    expect(alive!.classes.map((one) => one.filter)).toEqual(["alive == false", "alive == true"])
    expect(deck!.classes[3]!.filter).toBe("deck == 3")
  })

  it("of two are told apart fully by a unit that is the label, on both halves", () => {
    const [cat, dog] = scores(Float32Array.from(codes), kind, half)
    expect([cat!.auroc, dog!.auroc, dog!.held, ...dog!.halves]).toEqual([0, 1, 1, 1, 1])
    expect(dog!.high).toBeCloseTo(1, 6)
    expect(dog!.low).toBeGreaterThan(0.9)
  })

  it("count ties as half: by hand (3 pairs won, 1 tied, of 4)", () => {
    const small = { ...kind, codes: Int32Array.from([0, 0, 1, 1]) }
    expect(scores(Float32Array.from([1, 2, 2, 3]), small, new Uint8Array(4))[1]!.auroc).toBe(3.5 / 4)
  })

  it("are not told apart by a constant unit, and a unit of NaN says nothing", () => {
    const [same] = scores(new Float32Array(n).fill(2), kind, half)
    expect([same!.auroc, same!.held]).toEqual([0.5, 0])
    expect(same!.low).toBeLessThan(0.5)
    const [lost] = scores(new Float32Array(n).fill(Number.NaN), kind, half)
    expect(lost!.auroc).toBeNaN()
    expect(lost!.held).toBeNaN()
  })

  it("have an interval that mirrors itself at 0.5 and stays within 0 and 1", () => {
    const [low, high] = aurocInterval(0.8, 30, 50)
    const [under, over] = aurocInterval(0.2, 30, 50)
    expect(under).toBeCloseTo(1 - high, 9)
    expect(over).toBeCloseTo(1 - low, 9)
    expect(low).toBeGreaterThan(0.65)
    expect(high).toBeLessThan(0.9)
  })
})
