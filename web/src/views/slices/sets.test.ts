// @vitest-environment node
import { expect, test } from "vitest"
import { parse } from "../../filter/parse"
import { combined, listed, overlapOf } from "./sets"

test("slices put together mean the same whatever is inside them", () => {
  expect(combined("a == 1 or b == 2", "and", "c == 3")).toBe("(a == 1 or b == 2) and (c == 3)")
  expect(combined("a == 1 or b == 2", "but not", "c == 3 or d == 4")).toBe("(a == 1 or b == 2) and not (c == 3 or d == 4)")
  expect(combined("a == 1 or b == 2", "not", "")).toBe("not (a == 1 or b == 2)")
  for (const operation of ["and", "or", "but not", "not"] as const) expect(() => parse(combined("a == 1 or b == 2", operation, "not c"))).not.toThrow()
})

test("the overlap counts what is in both, of what is in either", () => {
  const of = (...bits: number[]) => Uint8Array.from(bits)
  expect(overlapOf(of(1, 1, 0, 0), of(1, 0, 1, 0))).toEqual({ n: 1, jaccard: 1 / 3 })
  expect(overlapOf(of(1, 1), of(1, 1)).jaccard).toBe(1)
  expect(overlapOf(of(0, 0), of(0, 0)).jaccard).toBeNaN()
})

test("groups of the moment and named slices come before the values of columns", () => {
  const cards = [
    { name: "all", expression: "", kind: "all", n: 3, stats: {} },
    { name: "x == 1", expression: "x == 1", kind: "category", n: 1, stats: {} },
  ] as const
  expect(listed([{ name: "mine", expression: "x > 2", kept: "link" }], cards, "x < 9", null).map((one) => one.name)).toEqual(["Group A", "mine", "x == 1"])
})
