// @vitest-environment node
import { expect, test } from "vitest"
import { Samples } from "../../engine/samples"
import { select } from "../../filter/eval"
import { numberColumn } from "../../filter/columns"
import { ALL, chosenOf, chosenText, choosing, filterOf, isChosen, isWhole, NONE } from "./chosen"

const ids = Uint32Array.of(10, 11, 12, 13, 20, 31, 30)
const samples = new Samples(7, ids, new Uint8Array(7), [numberColumn("age", Float64Array.of(30, Number.NaN, 4, 30, -1, 6, 7))])
const these = (...rows: number[]) => ({ all: false, rows: new Set(rows) })
const but = (...rows: number[]) => ({ all: true, rows: new Set(rows) })
const selected = (filter: string | null) => {
  const found = select(filter!, samples)
  return "error" in found ? found.error.message : [...found.mask.keys()].filter((row) => found.mask[row] === 1)
}

test("chosen rows come back from a link, in runs; what is not there is left out", () => {
  expect(chosenText(these(7, 3, 5, 4, 12))).toBe("3-5 7 12")
  expect([...chosenOf("3-5 7 12", 20).rows]).toEqual([3, 4, 5, 7, 12])
  expect(chosenText(NONE)).toBeNull()
  expect(chosenOf("0-999999999999 x -3 4- 1e3 all", 3)).toEqual(these(0, 1, 2))
  expect(chosenOf(undefined, 3)).toEqual(NONE)
})

test("all that are listed stay a word however many they are, and one can be taken out and put back", () => {
  expect(chosenText(ALL)).toBe("all")
  const less = choosing(ALL, [4, 5], false)
  expect([chosenText(less), chosenOf("all 4-5", 9)]).toEqual(["all 4-5", less])
  expect([3, 4].map((row) => isChosen(less, row))).toEqual([true, false])
  expect([choosing(less, [4, 5], true), isWhole(less), isWhole(ALL), isWhole(NONE)]).toEqual([ALL, false, true, false])
  expect(choosing(choosing(NONE, [2, 3], true), [2], false)).toEqual(these(3))
})

test("what is chosen as a filter selects just that", () => {
  expect(filterOf(these(3, 0), null, samples, [])).toBe("sample in [10, 13]")
  expect(filterOf(these(0, 1, 2, 4, 5, 6), null, samples, [])).toBe("sample in [20, 30, 31] or 10 <= sample <= 12")
  expect(selected(filterOf(these(0, 1, 2, 4), null, samples, []))).toEqual([0, 1, 2, 4])
  expect(filterOf(ALL, "age > 5", samples, [])).toBe("age > 5")
  expect(selected(filterOf(ALL, null, samples, []))).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(selected(filterOf(but(3), "age > 5 or age < 0", samples, []))).toEqual([0, 4, 5, 6])
  expect(selected(filterOf(but(1, 5), null, samples, []))).toEqual([0, 2, 3, 4, 6])
})

test("where the user has a column called sample, only what is a filter already becomes one", () => {
  const card = { name: "sample", source: "metadata" } as never
  expect([these(0), but(0), ALL].map((one) => filterOf(one, "age > 5", samples, [card]))).toEqual([null, null, "age > 5"])
})
