import { describe, expect, it } from "vitest"
import { namesPlace, toldOf, typeset } from "./claim"

describe("namesPlace", () => {
  it("knows the sentences that say where they are", () => {
    expect(namesPlace("dense 3 · neuron 3 (5:3) is more active for women.", "5:3")).toBe(true)
  })

  it("adds the place to all others", () => {
    expect(namesPlace("This one prefers women.", "5:3")).toBe(false)
    expect(namesPlace("dense 3 · neuron 31 (5:31) is odd.", "5:3")).toBe(false)
  })
})

describe("typeset", () => {
  it("writes minus signs and keeps a number beside its name", () => {
    expect(typeset("label == 3: g = -4.47 [-4.88, -4.07], q = 2e-119 (g = -4.65, n = 183)")).toBe(
      "label == 3: g\u00a0=\u00a0−4.47 [−4.88, −4.07], q\u00a0=\u00a02e−119 (g\u00a0=\u00a0−4.65, n\u00a0=\u00a0183)",
    )
  })

  it("leaves names alone", () => {
    for (const text of ["fc-1 · unit-2 (a-3:4)", "the re-2-run", "held-out 3-7"]) expect(typeset(text)).toBe(text)
  })
})

describe("toldOf", () => {
  it("puts findings about the same groups together", () => {
    const [lived, sex] = [{ a: "lived", b: null }, { a: "sex", b: "other" }]
    expect(toldOf([lived, sex, lived])).toEqual([{ ...lived, places: [0, 2] }, { ...sex, places: [1] }])
  })
})
