// @vitest-environment node
import { describe, expect, it } from "vitest"
import { sortingOf, sortingText } from "./sorting"

const KEYS = ["place", "g", "q"] as const

describe("sorting", () => {
  it.each([
    ["g", { key: "g", turned: false }],
    ["-g", { key: "g", turned: true }],
    ["-q", { key: "q", turned: true }],
  ] as const)("%s is read and written the same", (text, sorting) => {
    expect(sortingOf(text, KEYS, "place")).toEqual(sorting)
    expect(sortingText(sorting, "place")).toBe(text)
  })

  it("what is usual is left out, also the other way round it is not", () => {
    expect(sortingText({ key: "g", turned: false }, "g")).toBeNull()
    expect(sortingText({ key: "g", turned: true }, "g")).toBe("-g")
  })

  it.each([undefined, "", "-", "--g", "rank", "__proto__"])("%s is the usual order", (text) => {
    expect(sortingOf(text, KEYS, "q")).toEqual({ key: "q", turned: false })
  })
})
