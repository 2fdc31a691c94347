// @vitest-environment node
import { expect, test } from "vitest"
import { problemOf, shownOf, typedAs } from "./typed"

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

test("an age is typed as an age, and the model gets its number", () => {
  const scale = { slope: 1 / 15, intercept: -2 }
  expect(typedAs(45, scale)).toBeCloseTo(1, 12)
  expect(shownOf(typedAs(22, scale), scale, 10)).toBe(22)
  expect(shownOf(Math.fround(-8 / 15), scale, 6)).toBe(22)
})

test("a feature that follows no column is typed as the model has it", () => {
  const none = { slope: Number.NaN, intercept: Number.NaN }
  expect([typedAs(0.5, none), shownOf(Math.fround(0.1), none)]).toEqual([0.5, 0.1])
})
