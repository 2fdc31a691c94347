import { describe, expect, it } from "vitest"
import { csvOf, yesOrNo } from "./csv"

describe("csv", () => {
  it("never lets a text begin a formula, and leaves numbers be", () => {
    expect(csvOf([["=1+1", "+2", "-x", "@sum", "  =a", "\tx", -0.5, 1e-9]])).toBe("'=1+1,'+2,'-x,'@sum,'  =a,'\tx,-0.5,1e-9\r\n")
  })

  it("quotes what would break a line, and leaves what is missing empty", () => {
    expect(csvOf([['a "b", c', Number.NaN], ["d\ne", Infinity]])).toBe('"a ""b"", c",\r\n"d\ne",Infinity\r\n')
  })

  it("says what is so or not in one way", () => {
    expect([1, 0, Number.NaN].map(yesOrNo)).toEqual(["yes", "no", ""])
  })
})
