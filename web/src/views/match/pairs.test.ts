import { describe, expect, it } from "vitest"
import type { LayerCard } from "../../contract/manifest"
import type { Result, Value } from "../../engine/results"
import { gapFor, kindOf, NUMBERS, type Pair, pairsCsv, pairsOf, sorted, spots } from "./pairs"

const NONE = Number.NaN

/** Units 0 to 3 of a layer; 0 ↔ 2, 1 ↔ 0, 2 alone, 3 ↔ 1; the other's 3 alone. */
const found = (() => {
  const values: Record<string, Partial<Value>> = {
    partner: { data: Uint8Array.of(3, 1, 0, 2), texts: ["", "h:0", "h:1", "h:2"] },
    heldout: { data: Float64Array.of(0.5, 0.9, NONE, -0.1) },
    correlation: { data: Float64Array.of(0.6, 0.8, NONE, 0.2) },
    replicated: { data: Float64Array.of(1, 1, NONE, 0) },
    runner_up: { data: Uint8Array.of(2, 0, 0, 1), texts: ["", "h:0", "h:1"] },
    auroc_change: { data: Float64Array.of(-0.4, 0.1, NONE, 0.2) },
  }
  return { coords: { other_unit: ["h:0", "h:1", "h:2", "h:3"] }, now: (name: string) => values[name] ?? null } as unknown as Result
})()
const pairs = pairsOf(found)
const who = (list: readonly Pair[]) => list.map(({ unit, other }) => [unit, other])
const card = (name: string, unitNames: string[] | null = null) => ({ name, label: name, units: 4, unitNames }) as unknown as LayerCard

describe("pairs", () => {
  it("hold every unit of either layer once, those without a partner last", () => {
    expect(who(pairs)).toEqual([[0, 2], [1, 0], [3, 1], [2, -1], [-1, 3]])
    expect(pairs[1]!.of.heldout).toBe(0.9)
    expect(pairs[4]!.of.heldout).toBeNaN()
    expect(pairs[0]!.of.level).toBeNaN()
  })

  it("come before whoever has no partner, however well its candidate correlates", () => {
    const refused = { ...pairs[3]!, of: { ...pairs[3]!.of, heldout: 0.7 } }
    expect(who(sorted([refused, ...pairs.slice(0, 3)], "heldout", false)).at(-1)).toEqual([2, -1])
  })

  it("know the next best partner of a unit", () => {
    expect(pairs.map(({ next }) => next)).toEqual(["h:1", "", "h:0", "", ""])
  })

  it("are sorted either way, with what is not known at the end", () => {
    expect(who(sorted(pairs, "heldout", false)).slice(0, 3)).toEqual([[1, 0], [0, 2], [3, 1]])
    expect(who(sorted(pairs, "heldout", true)).slice(0, 3)).toEqual([[3, 1], [0, 2], [1, 0]])
    expect(who(sorted(pairs, "auroc_change", false)).slice(0, 3)).toEqual([[0, 2], [3, 1], [1, 0]])
    expect(who(sorted(pairs, "unit", false))).toEqual([[0, 2], [1, 0], [2, -1], [3, 1], [-1, 3]])
    expect(who(sorted(pairs, "other", true))).toEqual([[-1, 3], [0, 2], [3, 1], [1, 0], [2, -1]])
  })

  it("are ranked by the correlation itself where nothing was held out", () => {
    const unheld = pairs.map((pair) => ({ ...pair, of: { ...pair.of, heldout: NONE } }))
    expect(who(sorted(unheld, "heldout", false)).slice(0, 3)).toEqual([[1, 0], [0, 2], [3, 1]])
  })

  it("are drawn by whether they were replicated and which side of the slice is higher", () => {
    expect(kindOf(pairs[0]!, 0.7)).toBe("again a")
    expect(kindOf(pairs[2]!, 0.3)).toBe("open b")
    expect(kindOf(pairs[3]!, NONE)).toBe("alone")
    expect(kindOf({ ...pairs[0]!, of: { ...pairs[0]!.of, replicated: NONE } }, NONE)).toBe("open")
  })

  it("leave as CSV that no spreadsheet runs", () => {
    const lines = pairsCsv(pairs, [card("fc", ["=1+1", "b", "c", "d"]), card("h")], ["one.naut", "two.naut"], "").split("\r\n")
    expect(lines).toHaveLength(7)
    expect(lines[0]!.split(",")).toHaveLength(4 + NUMBERS.length + 3)
    expect(lines[1]).toMatch(/^fc:0,'=1\+1,h:2,2,0.6,,0.5,/)
    expect(lines[5]).toMatch(/^,,h:3,3,,/)
    expect(lines[1]).toMatch(/one.naut,two.naut,$/)
    const at = lines[0]!.split(",").indexOf("replicated")
    expect(lines.slice(1, 6).map((line) => line.split(",")[at])).toEqual(["yes", "yes", "no", "", ""])
  })
})

describe("the drawing", () => {
  it("keeps partners at one height, from the middle outwards", () => {
    const [left, right] = [spots(5, 3, 10, 100, -1), spots(5, 3, 10, 200, 1)]
    expect(left).toEqual([[100, 5], [100, 15], [100, 25], [90, 5], [90, 15]])
    expect(right.map(([, y]) => y)).toEqual(left.map(([, y]) => y))
    expect(right[3]).toEqual([210, 5])
  })

  it.each([1, 8, 60, 512, 4096])("fits %i units into its block", (count) => {
    const gap = gapFor(count, 240, 560)
    const rows = Math.max(1, Math.floor(560 / gap))
    expect(gap).toBeGreaterThanOrEqual(4)
    expect(Math.ceil(count / rows) * gap).toBeLessThanOrEqual(240)
  })
})
