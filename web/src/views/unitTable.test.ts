import { describe, expect, it } from "vitest"
import { score, signed } from "../ui/format"
import { textsOf, unitCsv, type UnitRow } from "./unitTable"

const NONE = Number.NaN
const blank: UnitRow = { part: "p", name: "n", value: 0, write: signed, exact: true, low: NONE, high: NONE, n: NONE, heldout: NONE, heldoutLow: NONE, heldoutHigh: NONE, replicated: null }

describe("unitCsv", () => {
  it("holds every digit, and what is not known is empty", () => {
    const third: UnitRow = { ...blank, value: 1 / 3, low: -0.1234567890123, high: Number.POSITIVE_INFINITY, n: 714, heldout: 1e-7, replicated: 1, exact: false }
    const [heading, line, empty] = unitCsv([third, { ...blank, value: NONE, replicated: NONE }]).split("\r\n")
    expect(heading).toBe("part,name,value,low,high,n,heldout,heldout_low,heldout_high,replicated,exact")
    expect(line).toBe("p,n,0.3333333333333333,-0.1234567890123,Infinity,714,1e-7,,,yes,no")
    expect(empty).toBe("p,n,,,,,,,,,yes")
  })

  it("makes names harmless that look like formulas", () => {
    expect(unitCsv([{ ...blank, part: "=1+1", name: '@a,"b"', value: "-x" }]).split("\r\n")[1]).toBe(`'=1+1,"'@a,""b""",'-x,,,,,,,,yes`)
  })
})

describe("textsOf", () => {
  it("rounds what is read, with its interval and what the other half says", () => {
    const told = textsOf({ ...blank, value: 0.81234, low: 0.7512, high: 0.8733, write: score, heldout: 0.7987, replicated: 0, exact: false })
    expect(told).toEqual(["~0.81", "~[0.75, 0.87]", "0.80, not replicated"])
    expect(textsOf({ ...blank, value: -0.5, heldout: 0.25, heldoutLow: 0.1, heldoutHigh: 0.4 })).toEqual(["−0.50", "", "+0.25 [0.10, 0.40]"])
    expect(textsOf({ ...blank, value: "dead" })).toEqual(["dead", "", ""])
  })
})
