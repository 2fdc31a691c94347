import { describe, expect, it } from "vitest"
import { marksOf } from "./marks"

const nothing = { dead: false, nonfinite: false, flow: false, inputs: false, about: false, lines: null, held: { whole: true, range: "" } }

describe("marksOf", () => {
  it("explains what is there and nothing else", () => {
    expect(marksOf(nothing)).toEqual([])
    const all = marksOf({ ...nothing, dead: true, nonfinite: true, flow: true, inputs: true, about: true, lines: "6" })
    expect(all.map((mark) => mark.sign)).toEqual(["dead", "nonfinite", "flow", "input", "about", "lines"])
  })

  it("says when all lines are not all weights", () => {
    const words = (whole: boolean) => marksOf({ ...nothing, lines: "all", held: { whole, range: "16" } })[0]!
    expect(words(true).brief).toBe("every weight")
    expect(words(false).brief).toBe("strongest 16 a unit")
    expect(words(false).full).toContain("holds no more")
  })
})
