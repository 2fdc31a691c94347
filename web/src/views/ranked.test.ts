import { describe, expect, it } from "vitest"
import { layerCard } from "../engine/testingPage"
import type { PairLayerStats, PairStats } from "../engine/api"
import { byRank, heldOut, ranked, rankedCsv, unlisted } from "./ranked"

const layers = [layerCard("in", 1, 0), layerCard("=fc", 3, 1)]
const stats = (g: number[], q: number[], replicated: number[]): PairLayerStats => {
  const [list, blank] = [Float32Array.from(g), new Float32Array(g.length)]
  return { difference: list, g: list, gLow: blank, gHigh: blank, auroc: blank, p: new Float64Array(g.length), q: Float64Array.from(q), replicated: Float32Array.from(replicated) }
}
const side = { expression: "x > 1", outside: false }
const pair: PairStats = {
  a: side,
  b: { ...side, outside: true },
  nA: 30,
  nB: 30,
  exact: true,
  problems: new Map(),
  notes: [],
  layers: new Map([
    ["in", stats([9], [0], [1])],
    ["=fc", stats([0.5, -2, Number.NaN], [0.25, 0, Number.NaN], [0, 1, Number.NaN])],
  ]),
}
const said = (list: ReturnType<typeof ranked>) => list.map(({ layer, unit }) => `${layer.name}:${unit}`)

describe("ranked", () => {
  it("leaves the inputs out unless asked, and keeps to a layer or to what replicated", () => {
    expect(ranked(pair, layers, "inner", false)).toHaveLength(3)
    expect(said(ranked(pair, layers, "all", true))).toEqual(["in:0", "=fc:1"])
    expect(said(ranked(pair, layers, { layer: "in" }, false))).toEqual(["in:0"])
  })

  it("puts the largest effect first whatever its sign, unknown last either way", () => {
    const all = ranked(pair, layers, "inner", false)
    expect(said(byRank(all, "g", false))).toEqual(["=fc:1", "=fc:0", "=fc:2"])
    expect(said(byRank(all, "g", true))).toEqual(["=fc:0", "=fc:1", "=fc:2"])
    expect(said(byRank(all, "q", false))).toEqual(["=fc:1", "=fc:0", "=fc:2"])
    expect(said(byRank(all, "place", false))).toEqual(["=fc:0", "=fc:1", "=fc:2"])
  })

  it("is copied with its groups, names that look like formulas made harmless", () => {
    const [, line, , last] = rankedCsv(byRank(ranked(pair, layers, "inner", false), "g", false), pair).split("\r\n")
    expect(line).toBe("'=fc:1,'=fc,1,-2,0,0,<1e-300,0,yes,x > 1,not (x > 1),yes")
    expect(last).toBe("'=fc:2,'=fc,2,,0,0,,0,,x > 1,not (x > 1),yes")
    const least = (q: number) => rankedCsv([{ ...ranked(pair, layers, "all", false)[0]!, q }], pair).split("\r\n")[1]!.split(",")[6]
    expect([8.4e-75, 1e-310, 0].map(least)).toEqual(["8.4e-75", "<1e-300", "<1e-300"])
  })

  it("tells what is too few from what is not computed yet and from what samples in groups forbid", () => {
    const [held, not, few] = ([1, 0, Number.NaN] as const).map((replicated) => ({ ...ranked(pair, layers, "all", false)[0]!, replicated }))
    const words = (of: PairStats, grouped = false) => [held!, not!, few!].map((one) => heldOut(one, of, grouped))
    expect(words(pair)).toEqual(["yes", "not", "too few"])
    expect(words({ ...pair, unfinished: true })[2]).toBe("not yet")
    expect(words({ ...pair, exact: false }, true)[2]).toBe("not judged")
    expect(heldOut({ ...few!, g: Number.NaN }, pair, false)).toBe("–")
  })

  it("names the layers that are not in the list, and why", () => {
    const part: PairStats = { ...pair, layers: new Map([["in", pair.layers.get("in")!]]) }
    expect([unlisted(pair, layers, "all"), unlisted(part, layers, { layer: "in" })]).toEqual(["", ""])
    expect(unlisted(part, layers, "inner")).toBe("=fc: no activations were recorded.")
    expect(unlisted({ ...part, unfinished: true }, layers, "all")).toBe("=fc: not computed yet.")
    expect(unlisted({ ...part, problems: new Map([["=fc", "The block is damaged."]]) }, layers, "all")).toBe("=fc: The block is damaged.")
    expect(unlisted({ ...part, layers: new Map() }, layers, "all")).toBe("in and 1 more: no activations were recorded.")
  })
})
