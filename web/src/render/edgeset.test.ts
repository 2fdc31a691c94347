import { describe, expect, it } from "vitest"
import { bucketOf, edgeSet, strongest } from "./edgeset"

describe("edge buckets", () => {
  it("put small before large and positive before negative of one size", () => {
    expect([0, -0.01, 0.13, -0.13, 0.99, -1, 1].map(bucketOf)).toEqual([0, 1, 2, 3, 14, 15, 14])
  })

  it("hold every edge once, in drawing order", () => {
    const set = edgeSet(
      { source: Uint32Array.of(0, 0, 1), target: Uint32Array.of(2, 3, 3), value: Float32Array.of(1, -0.1, 0.1) },
      4,
    )
    expect([...set.order]).toEqual([2, 1, 0])
    expect(set.starts[16]).toBe(3)
  })

  it("list the edges that enter and leave a unit", () => {
    const set = edgeSet(
      { source: Uint32Array.of(0, 0, 1), target: Uint32Array.of(2, 3, 3), value: Float32Array.of(1, -0.1, 0.1) },
      4,
    )
    const leaving = (unit: number) => [...set.outgoing.edges.slice(set.outgoing.starts[unit], set.outgoing.starts[unit + 1])]
    const entering = (unit: number) => [...set.incoming.edges.slice(set.incoming.starts[unit], set.incoming.starts[unit + 1])]
    expect(leaving(0)).toEqual([0, 1])
    expect(entering(3)).toEqual([1, 2])
    expect(entering(0)).toEqual([])
  })
})

describe("strongest", () => {
  it("keeps an edge that is among the k strongest at either end", () => {
    // by falling size: 0-0, 0-1, 0-2, 1-2
    const source = Uint32Array.of(0, 0, 0, 1)
    const target = Uint32Array.of(0, 1, 2, 2)
    expect([...strongest(source, target, 2, 3, 1)]).toEqual([0, 1, 2, 3])
    expect([...strongest(Uint32Array.of(0, 1, 0, 1), Uint32Array.of(0, 1, 1, 0), 2, 2, 1)]).toEqual([0, 1])
  })
})
