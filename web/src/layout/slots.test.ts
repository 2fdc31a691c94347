// @vitest-environment node
import { describe, expect, it } from "vitest"
import { runsAlike } from "./runs"
import { inGroups, inOrder, membersOf } from "./slots"

const flat = (rows: number[][]): Float32Array => Float32Array.from(rows.flat())

describe("runs of an order", () => {
  it("join neighbours that are alike: the example of analysis/buckets.py", () => {
    expect(runsAlike(flat([[0], [0.1], [9], [5], [5.2]]), 1, [0, 1, 2, 3, 4], 3)).toEqual([0, 2, 3])
  })

  it("join what stands side by side in the order, never what is alike elsewhere", () => {
    const alike = flat([[0], [9], [0], [9]])
    expect(runsAlike(alike, 1, [0, 2, 1, 3], 2)).toEqual([0, 2])
    expect(runsAlike(alike, 1, [0, 1, 2, 3], 4)).toEqual([0, 1, 2, 3])
  })

  it("are of even size where nothing tells units apart, NaN included", () => {
    const starts = runsAlike(new Float32Array(64).fill(Number.NaN), 1, Array.from({ length: 64 }, (_, unit) => unit), 8)
    expect(starts).toEqual([0, 8, 16, 24, 32, 40, 48, 56])
  })

  it("are at most as many as asked for", () => {
    let seed = 1
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
    const profiles = Float32Array.from({ length: 4096 * 3 }, random)
    const order = Array.from({ length: 4096 }, (_, unit) => unit)
    expect(runsAlike(profiles, 3, order, 512)).toHaveLength(512)
    expect(runsAlike(profiles, 3, order, 1)).toEqual([0])
  })
})

describe("slots", () => {
  it("of an order know the place of each unit and the unit at each place", () => {
    const { at, place, slots } = inOrder([2, 0, 1])
    expect([...at!]).toEqual([2, 0, 1])
    expect([...place!]).toEqual([1, 2, 0])
    expect(slots).toBeNull()
  })

  it("of groups hold their units; an opened group gives each its own slot, in place", () => {
    const closed = inGroups([4, 3, 2, 1, 0], [0, 2], new Set()).slots!
    expect([...closed.of]).toEqual([1, 1, 1, 0, 0])
    expect([...membersOf(closed, 1)]).toEqual([2, 1, 0])
    const open = inGroups([4, 3, 2, 1, 0], [0, 2], new Set([2])).slots!
    expect(open.count).toBe(4)
    expect([...open.of]).toEqual([3, 2, 1, 0, 0])
    expect([...membersOf(open, 0)]).toEqual([4, 3])
  })
})
