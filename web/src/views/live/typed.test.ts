// @vitest-environment node
import { expect, test } from "vitest"
import { meaningsOf, problemOf, rangeOf } from "./typed"

test.each(["", "  ", "1e", "Infinity", "NaN", "two"])("%j is no number, and that is said", (text) => {
  expect(problemOf(text)).toBe("Type a number.")
})

test.each(["0", "-0.5", "1e-9"])("%s is a number", (text) => {
  expect(problemOf(text)).toBe("")
})

test.each([["5000"], ["891"], ["-1"], ["1.5"]])("row %s is none of 891", (text) => {
  expect(problemOf(text, 890)).toBe("There are rows 0 to 890.")
})

test.each(["0", "890"])("row %s is one of 891", (text) => {
  expect(problemOf(text, 890)).toBe("")
})

test("a feature reaches from its smallest to its largest finite value", () => {
  expect(rangeOf([2, Number.NaN, -1, Infinity, 0.5])).toEqual([-1, 2])
  expect(rangeOf([Number.NaN])).toBeNull()
})

test("a metadata value stands for a number where it always is the same one", () => {
  const sex = ["male", "female", "male", null]
  expect(meaningsOf([-0.5, 1.25, -0.5, 9], (row) => sex[row]!)).toEqual([{ text: "male", value: -0.5 }, { text: "female", value: 1.25 }])
  expect(meaningsOf([1, 2], () => "male")).toEqual([])
  expect(meaningsOf([1, 2, 3, 4, 5, 6, 7], (row) => row)).toEqual([])
})
