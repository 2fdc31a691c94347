import { describe, expect, it } from "vitest"
import { readFileSync } from "node:fs"
import { definitionOf, DEFINITIONS } from "./definitions"

const glossary = readFileSync("../docs/glossary.md", "utf8").toLowerCase()

describe("definitions", () => {
  it("answer by their own names only", () => {
    expect(definitionOf("g")?.name).toBe("Hedges g")
    expect(definitionOf("constructor")).toBe(null)
    expect(definitionOf("")).toBe(null)
  })

  it("give each interval the source of its own method", () => {
    expect(DEFINITIONS.interval.reference).toContain("Bonett 2008")
    expect(DEFINITIONS.redrawn.says).toContain("paired bootstrap")
    expect(DEFINITIONS.redrawn.reference).toContain("Efron 1979")
  })

  it("are sentences, their names differ, and the glossary has the same words", () => {
    const all = Object.values(DEFINITIONS)
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    expect(all.filter(({ says }) => !/^[A-Z].*\.$/.test(says))).toEqual([])
    for (const name of ["firingRate", "influence", "g", "auroc", "q", "replicated"] as const) {
      expect(glossary).toContain(`**${DEFINITIONS[name].name.toLowerCase()}**`)
    }
  })
})
