import { describe, expect, it } from "vitest"
import { layerCard } from "../engine/testingPage"
import { type Column, numberColumn, textColumn } from "../filter/columns"
import { likeness, palette, type Sources } from "./palette"

const sources: Sources = {
  layers: [layerCard("0", 32, 1, { label: "dense 1" }), layerCard("out", 2, 2, { label: "output", unitNames: ["survived", "lost"] })],
  columns: new Map<string, Column>([
    ["sex", textColumn("sex", Int32Array.of(0, 1), ["female", "male"])],
    ["my age", numberColumn("my age", Float64Array.of(1, 2))],
  ]),
  slices: [
    { name: "all", expression: "", kind: "all", n: 2, stats: {} },
    { name: "children", expression: "`my age` < 10", kind: "named", n: 1, stats: {} },
  ],
  findings: [{ claim: "Neuron 3 prefers women", at: "0:3", hash: "#/network?sel=0%3A3" }],
}
const titles = (query: string) => palette(query, sources).map((one) => one.title)
const first = (query: string) => palette(query, sources)[0]

describe("palette", () => {
  it("takes an address before anything else", () => {
    expect(first("0:11")).toMatchObject({ hint: "0:11", action: { kind: "unit", unit: 11 } })
  })

  it("finds slices, columns, values, findings and commands by parts of their words", () => {
    expect(first("child")!.action).toEqual({ kind: "filter", expression: "`my age` < 10" })
    expect(first("my age")!.action).toEqual({ kind: "column", text: "`my age` " })
    expect(first("female")!.action).toEqual({ kind: "filter", expression: 'sex == "female"' })
    expect(first("prefers wom")!.action).toMatchObject({ kind: "finding" })
    expect(first("fit net")!.action).toEqual({ kind: "command", id: "fit" })
  })

  it("offers no view that the page has not", () => {
    const live = (missing: Sources["missing"]) => palette("live", { ...sources, missing }).map((one) => one.title)
    expect([live([]).includes("Live"), live(["live"]).includes("Live")]).toEqual([true, false])
  })

  it("finds a sample by its number, not by its row", () => {
    const some = { ...sources, ids: Uint32Array.of(7, 184, 20) }
    for (const query of ["sample 184", "184", "#184", "Sample #184"]) expect(palette(query, some)[0]!.action).toEqual({ kind: "sample", row: 1 })
    const both = palette("20", some).map((one) => one.action)
    expect(both[0]).toMatchObject({ kind: "unit", unit: 20 })
    expect(both).toContainEqual({ kind: "sample", row: 2 })
    expect(palette("sample 1", some).filter((one) => one.action.kind === "sample")).toEqual([])
  })

  it("forgives letters left out, not letters that are not there", () => {
    expect(titles("srvvd")).toContain("output · survived")
    expect(titles("zzz")).toEqual([])
  })

  it("begins with what was found when nothing is typed", () => {
    expect(titles("").slice(0, 3)).toEqual(["Neuron 3 prefers women", "children", "dense 1"])
  })

  it("likes a beginning more than a word, a word more than letters", () => {
    const [begins, word, inside, strewn] = ["sex ratio", "the sexes", "unisex", "s-e-x"].map((text) => likeness(text, "sex"))
    expect(begins).toBeGreaterThan(word!)
    expect(word).toBeGreaterThan(inside!)
    expect(inside).toBeGreaterThan(strewn!)
    expect(strewn).toBeGreaterThan(0)
  })
})
