import { describe, expect, it } from "vitest"
import { pickRows } from "./picked"

const values = Float32Array.from({ length: 101 }, (_, at) => (at === 100 ? Number.NaN : at))
const rows = (list: readonly { readonly row: number }[]) => list.map(({ row }) => row)

describe("picked samples", () => {
  it("top falls from the largest, least rises from the smallest, NaN is in neither", () => {
    expect(rows(pickRows(values, "top", 3))).toEqual([99, 98, 97])
    expect(rows(pickRows(values, "least", 3))).toEqual([0, 1, 2])
  })

  it("quantiles reach from the largest to the smallest in equal shares", () => {
    expect(rows(pickRows(values, "quantiles", 4))).toEqual([99, 66, 33, 0])
    expect(rows(pickRows(Float32Array.of(2, 1), "quantiles", 5))).toEqual([0, 1])
  })

  it("random ones are different samples, the same for the same seed", () => {
    const one = rows(pickRows(values, "random", 12, 7))
    expect(new Set(one).size).toBe(12)
    expect(one).toEqual(rows(pickRows(values, "random", 12, 7)))
    expect(one).not.toEqual(rows(pickRows(values, "random", 12, 8)))
    expect(one).not.toContain(100)
  })
})
