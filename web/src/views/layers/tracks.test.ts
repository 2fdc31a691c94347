import { describe, expect, it } from "vitest"
import { HEALTH, heightOf, namedParts, namedPlaces, reachOf, TOLD, TRACKS, tracksOf } from "./tracks"

const quiet = { auroc: Number.NaN, replicated: false, status: "ok" }

describe("tracks", () => {
  it("0 is always between the ends, and what is not finite moves neither", () => {
    expect(reachOf(Float32Array.of(1, 2, Number.NaN))).toEqual([0, 2])
    expect(reachOf(Float32Array.of(-1, -3))).toEqual([-3, 0])
    expect(heightOf(2, [0, 2])).toBe(0)
    expect(heightOf(0, [0, 2])).toBe(TRACKS[0])
  })

  it("an AUROC of 0 is told as far as one of 1, and half as far is half as high", () => {
    const two = { width: 2, quantiles: new Float32Array(10) }
    const { told, faint } = tracksOf(two, 20, 100, (column) => ({ ...quiet, auroc: [0, 0.75][column]!, replicated: column === 0 }))
    expect(told).toBe(`M0 ${100 + TOLD}h8v26h-8z`)
    expect(faint).toBe(`M10 ${100 + TOLD + 13}h8v13h-8z`)
  })

  it("a dead unit has a whole bar, one that is idle in another way half of it, one that is well none", () => {
    const three = { width: 3, quantiles: new Float32Array(15) }
    const { dead, idle } = tracksOf(three, 30, 0, (column) => ({ ...quiet, status: ["dead", "constant", "ok"][column]! }))
    expect(dead).toBe(`M0 ${HEALTH}h8v14h-8z`)
    expect(idle).toBe(`M10 ${HEALTH + 7}h8v7h-8z`)
  })

  it("a column without a finite value has no bar of values", () => {
    const { most, middle } = tracksOf({ width: 1, quantiles: new Float32Array(5).fill(Number.NaN) }, 10, 0, () => quiet)
    expect([most, middle]).toEqual(["", ""])
  })

  it("names are thinned evenly until they fit", () => {
    const names = Array.from({ length: 8 }, (_, unit) => String(unit))
    expect(namedPlaces(names, 100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(namedPlaces(names, 28)).toEqual([0, 2, 4, 6])
    expect(namedPlaces(names, 20)).toEqual([0, 4])
    expect(namedPlaces([], 20)).toEqual([])
  })
})

it("of parts that begin too near to each other the larger are named, from first to last", () => {
  const parts = [0, 10, 12, 40, 43, 98].map((start, at, all) => ({ start, end: all[at + 1] ?? 100 }))
  const starts = (near: number) => namedParts(parts, near, 100).map(({ start }) => start)
  expect([starts(1), starts(3), starts(10), starts(60)]).toEqual([[0, 10, 12, 40, 43, 98], [0, 12, 40, 43], [0, 12, 43], [12]])
  const letters = Array.from({ length: 26 }, (_, at) => ({ start: 5 * at, end: 5 * at + 5 }))
  expect(namedParts(letters, 9.5, 130).map(({ start }) => start)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
})
