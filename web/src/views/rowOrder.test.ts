import { describe, expect, it } from "vitest"
import { ordered, partsOf, runsOf, seenIn } from "./rowOrder"

describe("row order", () => {
  it("groups first, then falling scores, what belongs to nothing last", () => {
    const codes = Int32Array.of(1, 0, -1, 0, 1)
    const scores = Float32Array.of(1, 2, 9, 3, 4)
    const rows = ordered(5, codes, scores)
    expect([...rows]).toEqual([3, 1, 4, 0, 2])
    expect(runsOf(rows, codes)).toEqual([{ code: 0, start: 0, end: 2 }, { code: 1, start: 2, end: 4 }, { code: -1, start: 4, end: 5 }])
  })

  it("those in a slice come first, those it has no answer for last", () => {
    const codes = partsOf(Uint8Array.of(0, 1, 0, 1, 0), Uint8Array.of(1, 0, 0, 0, 1))
    expect([...codes]).toEqual([1, 0, -1, 0, 1])
    expect([...ordered(5, codes, null)]).toEqual([1, 3, 0, 4, 2])
  })

  it("a link says which part is in sight; what is no part is all", () => {
    expect(seenIn("0.25,0.5")).toEqual([0.25, 0.5])
    for (const text of [undefined, "", "1", "0.5,0.25", "-1,0.5", "0,2", "a,b", "0,0.5,1"]) expect(seenIn(text)).toEqual([0, 1])
  })

  it("NaN comes after every number, equal scores stay as recorded", () => {
    expect([...ordered(4, null, Float32Array.of(Number.NaN, -1, 5, -1))]).toEqual([2, 1, 3, 0])
    expect([...ordered(3, null, null)]).toEqual([0, 1, 2])
  })
})
