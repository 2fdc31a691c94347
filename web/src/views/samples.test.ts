import { describe, expect, it } from "vitest"
import { inBrief } from "./samples"

describe("a sample in brief", () => {
  it("names the column where the value alone says nothing", () => {
    const facts = [{ name: "sex", value: "female" }, { name: "age", value: "30" }, { name: "survived", value: "yes" }]
    expect(inBrief(facts)).toEqual(["female", "age 30", "survived yes"])
  })

  it("names the column of a negative number too", () => {
    expect(inBrief([{ name: "y0", value: "−1.04" }])).toEqual(["y0 −1.04"])
  })
})
