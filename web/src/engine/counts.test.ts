// @vitest-environment node
import { describe, expect, it } from "vitest"
import { groupLayer, sidesLayer } from "./group"
import { readColumn, readRow } from "./layer"
import { pairJob } from "./pair"
import { rowsOf } from "./rows"
import { aurocSorted, momentsOf } from "./stats"
import { finish, layerOf } from "./testing"
import { topRows } from "./top"

/** A fixed stream of numbers in [0, 1). */
function stream(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const next = stream(7)
const columns = Array.from({ length: 70 }, (_, unit) =>
  Array.from({ length: 333 }, () => (next() < 0.02 ? Number.NaN : Math.floor(next() * 200) - (unit % 2 ? 100 : 0))),
)
const rows = Uint32Array.from(Array.from({ length: 333 }, (_, row) => row).filter(() => next() < 0.4))
const rest = rowsOf(Uint8Array.from({ length: 333 }, (_, row) => (rows.includes(row) ? 0 : 1)))

describe("counts of codes", () => {
  it.each(["u8", "i8"] as const)("give what double precision gives, over tiles and chunks (%s)", (scheme) => {
    const shown = columns.map((column, unit) => (scheme === "u8" && unit % 2 ? column.map((value) => value + 100) : column))
    const coded = scheme === "i8" ? shown.map((column) => column.map((value) => Math.min(value, 127))) : shown
    const layer = layerOf(coded, scheme, 1, 50)
    const stats = finish(groupLayer(layer, rows))
    coded.forEach((column, unit) => {
      const wanted = momentsOf(Float64Array.from(rows, (row) => column[row]!))
      expect([stats.n[unit], stats.nonfinite[unit], stats.max[unit]]).toEqual([wanted.n, wanted.nonfinite, wanted.max])
      expect(stats.mean[unit]).toBeCloseTo(wanted.mean, 4)
      expect(stats.meanAbs[unit]).toBeCloseTo(wanted.meanAbs, 4)
      expect(stats.sd[unit]).toBeCloseTo(wanted.sd, 4)
      expect(stats.firingRate[unit]).toBeCloseTo(wanted.firingRate, 6)
    })
  })

  it("give the AUROC that sorting gives", () => {
    const layer = layerOf(columns.map((column) => column.map((value) => Math.min(value, 127))), "i8", 1, 50)
    const halves = (some: Uint32Array) => ({ half0: some.filter((row) => row % 2 === 0), half1: some.filter((row) => row % 2 === 1) })
    const { auroc } = finish(pairJob([layer], halves(rows), halves(rest))).layers.get("x")!
    columns.forEach((_, unit) => {
      const column = readColumn(layer, unit)
      const sorted = (some: Uint32Array) => Float64Array.from(some, (row) => column[row]!).filter(Number.isFinite).sort()
      expect(auroc[unit]).toBeCloseTo(aurocSorted(sorted(rows), sorted(rest)), 6)
    })
  })

  it("of two sides are those of each alone, at first and once all rows have been counted", () => {
    const many = 5000
    const layer = layerOf(Array.from({ length: 40 }, () => Array.from({ length: many }, () => (next() < 0.02 ? Number.NaN : Math.floor(next() * 200)))), "u8", 1, 900)
    for (const share of [0.2, 0.7, 0, 1]) {
      const a = rowsOf(Uint8Array.from({ length: many }, () => (next() < share ? 1 : 0)))
      const b = rowsOf(Uint8Array.from({ length: many }, (_, row) => (a.includes(row) ? 0 : 1)))
      expect(finish(sidesLayer(layer, a, b))).toEqual([finish(groupLayer(layer, a)), finish(groupLayer(layer, b))])
      const apart = b.filter((_, place) => place % 7 > 0)
      expect(finish(sidesLayer(layer, a, apart))).toEqual([finish(groupLayer(layer, a)), finish(groupLayer(layer, apart))])
    }
  })

  it("a group and its complement sum to the whole", () => {
    const layer = layerOf(columns, "f32", 1, 50)
    const all = finish(groupLayer(layer, Uint32Array.from({ length: 333 }, (_, row) => row)))
    const [one, other] = [finish(groupLayer(layer, rows)), finish(groupLayer(layer, rest))]
    columns.forEach((_, unit) => {
      const sum = one.mean[unit]! * one.n[unit]! + other.mean[unit]! * other.n[unit]!
      expect(sum).toBeCloseTo(all.mean[unit]! * all.n[unit]!, 1)
      expect(one.n[unit]! + other.n[unit]!).toBe(all.n[unit])
    })
  })

  it("columns and rows read the same values", () => {
    const layer = layerOf(columns, "f32", 1, 50)
    const column = readColumn(layer, 69)
    for (const row of [0, 49, 50, 332]) expect(readRow(layer, row)[69]).toBe(column[row])
  })
})

describe("top", () => {
  const values = Float32Array.of(3, Number.NaN, -5, 3, 9, 0)

  it("the largest come first, ties by row, what is not a number never", () => {
    expect(topRows(values, 3)).toEqual([
      { row: 4, value: 9 },
      { row: 0, value: 3 },
      { row: 3, value: 3 },
    ])
    expect(topRows(values, 9, null, false).map(({ row }) => row)).toEqual([2, 5, 0, 3, 4])
    expect(topRows(values, 3, Uint8Array.of(0, 1, 1, 1, 0, 0)).map(({ row }) => row)).toEqual([3, 2])
  })
})
