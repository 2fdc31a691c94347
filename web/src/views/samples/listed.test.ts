// @vitest-environment node
import { expect, test } from "vitest"
import { Samples } from "../../engine/samples"
import { boolColumn, numberColumn, textColumn } from "../../filter/columns"
import { tinyManifest } from "../../source/tiny"
import { filterOf, listingOf, rowsListed, rowsOf, rowsText, saidOf } from "./listed"
import { groupOfOne } from "./one"

const nan = Number.NaN
const samples = new Samples(5, Uint32Array.of(10, 11, 12, 13, 14), new Uint8Array(5), [
  numberColumn("age", Float64Array.of(30, nan, 4, 30, -1)),
  textColumn("name", Int32Array.of(2, 0, -1, 1, 0), ["b", "Z", "a"]),
  boolColumn("correct", Uint8Array.of(1, 0, 255, 0, 1)),
  textColumn("truth", Int32Array.of(0, 0, 1, 1, -1), ["no", "yes"]),
  textColumn("prediction", Int32Array.of(0, 1, 1, 0, 0), ["no", "yes"]),
  numberColumn("p_no", Float64Array.of(0.9, 0.2, 0.4, 0.7, 0.6)),
  numberColumn("p_yes", Float64Array.of(0.1, 0.8, 0.6, 0.3, 0.4)),
])
const rows = (sort: string | null, falling = false, answers: "all" | "wrong" | "right" = "all", mask: Uint8Array | null = null) => [...rowsListed(samples, mask, { sort, falling, answers })]

test("numbers sort either way, equal ones by row, and null comes last both times", () => {
  expect(rows("age")).toEqual([4, 2, 0, 3, 1])
  expect(rows("age", true)).toEqual([0, 3, 2, 4, 1])
})

test("texts sort as Python sorts them, capital letters first", () => {
  expect(rows("name")).toEqual([3, 0, 1, 4, 2])
  expect(rows("nothing of that name")).toEqual([0, 1, 2, 3, 4])
})

test("wrong answers are those known to be wrong, within the group", () => {
  expect(rows(null, false, "wrong")).toEqual([1, 3])
  expect(rows(null, false, "right")).toEqual([0, 4])
  expect(rows(null, false, "wrong", Uint8Array.of(1, 0, 1, 1, 1))).toEqual([3])
})

test("a link that says nonsense lists everything", () => {
  expect(listingOf({ answers: "sideways", desc: "yes" })).toEqual({ sort: null, falling: false, answers: "all" })
})

test("selected rows become a filter by their ids, unless the user's own column is called sample", () => {
  expect(filterOf([3, 0], samples, [])).toBe("sample in [10, 13]")
  const card = { name: "sample", source: "metadata" } as never
  expect(filterOf([3, 0], samples, [card])).toBeNull()
})

test("classes come by falling probability, the true and the predicted one marked", () => {
  const manifest = tinyManifest({ task: { kind: "binary", classes: ["no", "yes"], label: "truth" } })
  expect(saidOf(manifest, samples, 3)).toEqual([
    { name: "no", probability: 0.7, truth: false, predicted: true },
    { name: "yes", probability: 0.3, truth: true, predicted: false },
  ])
})

test("one sample is a group whose mean is its value; what is not finite is counted", () => {
  const layer = groupOfOne(new Map([["0", Float32Array.of(-2, 0, nan)]])).layers.get("0")!
  expect([...layer.mean]).toEqual([-2, 0, nan])
  expect([[...layer.meanAbs], [...layer.firingRate], [...layer.nonfinite]]).toEqual([[2, 0, nan], [0, 0, 0], [0, 0, 1]])
})

test("chosen rows come back from a link, in runs; what is not there is left out", () => {
  expect(rowsText([7, 3, 5, 4, 12])).toBe("3-5 7 12")
  expect([...rowsOf("3-5 7 12", 20)]).toEqual([3, 4, 5, 7, 12])
  expect(rowsText([])).toBeNull()
  expect([...rowsOf("0-999999999999 x -3 4- 1e3", 3)]).toEqual([0, 1, 2])
  expect([...rowsOf(undefined, 3)]).toEqual([])
})
