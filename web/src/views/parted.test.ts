import { describe, expect, it } from "vitest"
import { drawn } from "./parted"

describe("what is drawn of many classes", () => {
  it("is all, in their order, where they are few", () => {
    expect(drawn([3, 1, 2], (row) => row, "highest")).toEqual({ rows: [3, 1, 2], rest: "" })
  })

  it("is the 20 highest of more, NaN last, and says so", () => {
    const { rows, rest } = drawn([Number.NaN, ...Array.from({ length: 40 }, (_, at) => at + 1)], (row) => row, "highest")
    expect(rows).toEqual(Array.from({ length: 20 }, (_, at) => 40 - at))
    expect(rest).toBe("The 20 of 41 highest; the table has all.")
  })
})
