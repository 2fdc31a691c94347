// @vitest-environment node
import { expect, test } from "vitest"
import { rowAsked } from "./one"

test("a row that is not there is never another row", () => {
  expect([null, "0", "890"].map((at) => rowAsked(at, 891))).toEqual([0, 0, 890])
  expect(["891", "99999", "-1", "nope", "1.5", "1e2", "", " 3"].map((at) => rowAsked(at, 891))).toEqual(Array(8).fill(-1))
  expect(rowAsked(null, 0)).toBe(-1)
})
