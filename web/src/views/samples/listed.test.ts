// @vitest-environment node
import { expect, test } from "vitest"
import { Samples } from "../../engine/samples"
import { boolColumn, numberColumn, textColumn } from "../../filter/columns"
import { select } from "../../filter/eval"
import { tinyManifest } from "../../source/tiny"
import { filterListed, type Group, listedText, listingOf, maskOf, rowsListed, saidOf } from "./listed"
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
  expect(listingOf({ answers: "sideways", desc: "yes", in: "c" })).toEqual({ sort: null, falling: false, answers: "all", within: "either" })
})

test("two groups list who is in either, in one of them, or in both; a group alone lists its own", () => {
  const a: Group = { side: "a", expression: "age > 20", mask: Uint8Array.of(1, 0, 0, 1, 0) }
  const b: Group = { side: "b", expression: "half == 0 or age > 9", mask: Uint8Array.of(1, 0, 1, 0, 0) }
  const found = (within: "either" | "a" | "b" | "both", groups = [a, b]) => [listedText(groups, within), [...maskOf(groups, within)!].join("")]
  expect(["either", "a", "b", "both"].map((one) => found(one as "a"))).toEqual([["A or B", "10110"], ["A", "10010"], ["B", "10100"], ["A and B", "10000"]])
  expect([found("either", [b]), found("a", [b])]).toEqual([["B", "10100"], ["B", "10100"]])
  expect([listedText([], "both"), maskOf([], "both")]).toEqual(["", null])
})

test("the filter of a listing selects what is listed", () => {
  const groups: Group[] = ["age > 20", "age < 5 or age < 0"].map((expression, at) => {
    const answer = select(expression, samples)
    return { side: at === 0 ? "a" : "b", expression, mask: "mask" in answer ? answer.mask : null }
  })
  for (const within of ["either", "a", "b", "both"] as const)
    for (const answers of ["all", "wrong", "right"] as const) {
      const filter = filterListed(groups, { sort: null, falling: false, answers, within })!
      const answer = select(filter, samples)
      expect("mask" in answer && [...answer.mask.keys()].filter((row) => answer.mask[row] === 1)).toEqual(rows(null, false, answers, maskOf(groups, within)))
    }
  expect(filterListed([], listingOf({}))).toBeNull()
  expect(filterListed(groups.slice(0, 1), listingOf({ answers: "wrong" }))).toBe("((age > 20)) and correct == false")
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
