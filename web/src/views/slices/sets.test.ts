// @vitest-environment node
import { expect, test } from "vitest"
import { parse } from "../../filter/parse"
import { columnsOf, numberColumn, textColumn } from "../../filter/columns"
import { select } from "../../filter/eval"
import { combined, exampleOf, keyOf, listed, namesake, countsOf, overlapOf } from "./sets"

test("slices put together mean the same whatever is inside them", () => {
  expect(combined("a == 1 or b == 2", "and", "c == 3")).toBe("(a == 1 or b == 2) and (c == 3)")
  expect(combined("a == 1 or b == 2", "but not", "c == 3 or d == 4")).toBe("(a == 1 or b == 2) and not (c == 3 or d == 4)")
  expect(combined("a == 1 or b == 2", "not", "")).toBe("not (a == 1 or b == 2)")
  for (const operation of ["and", "or", "but not", "not"] as const) expect(() => parse(combined("a == 1 or b == 2", operation, "not c"))).not.toThrow()
})

test("the overlap counts what is in both, of what is in either", () => {
  const of = (...bits: number[]) => Uint8Array.from(bits)
  expect(overlapOf(of(2, 2, 0, 0), of(2, 0, 2, 0))).toEqual({ n: 1, out: 3, unknown: 0, jaccard: 1 / 3 })
  expect(overlapOf(of(2, 2), of(2, 2)).jaccard).toBe(1)
  expect(overlapOf(of(0, 0), of(0, 0)).jaccard).toBeNaN()
})

test("groups of the moment and named slices come before the values of columns", () => {
  const cards = [
    { name: "all", expression: "", kind: "all", n: 3, stats: {} },
    { name: "x == 1", expression: "x == 1", kind: "category", n: 1, stats: {} },
  ] as const
  expect(listed([{ name: "mine", expression: "x > 2", kept: "link" }], cards, "x < 9", null).map((one) => one.name)).toEqual(["Group A", "mine", "x == 1"])
})

test("a chosen slice stays the same one when another is listed above it", () => {
  const before = listed([{ name: "mine", expression: "x > 2", kept: "link" }], [], null, null)
  const after = listed([{ name: "first", expression: "x > 1", kept: "link" }, { name: "mine", expression: "x > 2", kept: "link" }], [], "x < 9", null)
  expect(after.find((row) => keyOf(row) === keyOf(before[0]!))).toEqual(before[0])
  expect(new Set(after.map(keyOf)).size).toBe(3)
})

test("a name that is there already is found however its spaces are written", () => {
  const named = [{ name: "old men", expression: "age > 60", kept: "recording" }] as const
  expect(namesake(named, "  old   men ")).toBe(named[0])
  expect(namesake(named, "old man")).toBeUndefined()
})

test("whose answer is null is in neither a slice nor its opposite, and is counted", () => {
  const columns = columnsOf(5, [numberColumn("age", Float64Array.of(4, 30, Number.NaN, Number.NaN, 50)), numberColumn("fare", Float64Array.of(Number.NaN, 9, 9, 1, 9))])
  const mask = (filter: string) => (select(filter, columns) as { mask: Uint8Array }).mask
  const truth = (filter: string) => mask(filter).map((inside, row) => 1 + inside - mask(`not (${filter})`)[row]!)
  expect(countsOf(truth("age < 16"))).toEqual({ n: 1, out: 2, unknown: 2 })
  for (const [one, other] of [["age < 16", "fare > 5"], ["age > 16", "fare > 5"], ["age is null", "fare < 5"]] as const) {
    const { n, out, unknown, jaccard } = overlapOf(truth(one), truth(other))
    expect({ n, out, unknown }).toEqual(countsOf(truth(`${one} and ${other}`)))
    expect(jaccard).toBe(n / countsOf(truth(`${one} or ${other}`)).n)
  }
})

test("the example names columns that are there and can be read", () => {
  const columns = columnsOf(3, [
    numberColumn("sample", Float64Array.of(0, 1, 2)),
    numberColumn("my loss", Float64Array.of(Number.NaN, 3.2, 2)),
    textColumn("tree", Int32Array.of(0, 0, -1), ["ash"]),
  ])
  expect(exampleOf(columns)).toBe('sample < 100 and tree == "ash"')
  expect(select(exampleOf(columns), columns)).not.toHaveProperty("error")
  expect(exampleOf(columnsOf(1, []))).toBe("sample < 100")
})
