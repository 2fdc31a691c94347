import { describe, expect, it } from "vitest"
import { namesPlace } from "./claim"

describe("namesPlace", () => {
  it("knows the sentences that say where they are", () => {
    expect(namesPlace("dense 3 · neuron 3 (5:3) is more active for women.", "5:3")).toBe(true)
  })

  it("adds the place to all others", () => {
    expect(namesPlace("This one prefers women.", "5:3")).toBe(false)
    expect(namesPlace("dense 3 · neuron 31 (5:31) is odd.", "5:3")).toBe(false)
  })
})
