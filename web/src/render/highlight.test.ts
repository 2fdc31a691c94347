import { describe, expect, it } from "vitest"
import { layoutNetwork } from "../layout"
import { edgeSet } from "./edgeset"
import { highlight } from "./highlight"
import { sceneOf } from "./scene"

const layer = (name: string, rank: number, units: number) => ({ name, rank, units, unitNames: null })
const scene = sceneOf(layoutNetwork([layer("x", 0, 2), layer("h", 1, 2), layer("y", 2, 2)], [], 600, 400))
// units: x 0 1, h 2 3, y 4 5; every unit to every unit of the next layer
const set = edgeSet(
  {
    source: Uint32Array.of(0, 0, 1, 1, 2, 2, 3, 3),
    target: Uint32Array.of(2, 3, 2, 3, 4, 5, 4, 5),
    value: Float32Array.of(1, 0.5, -1, 0.2, 1, -1, 0.3, 0.3),
  },
  scene.count,
)
const influence = {
  forward: new Map([["y", Float32Array.of(2, -0.1)]]),
  backward: new Map([["x", Float32Array.of(-4, 3)]]),
}

describe("highlight", () => {
  it("touches units by effect relative to the strongest of their layer", () => {
    const lit = highlight(2, scene, set, influence)
    expect([...lit.touched.entries()].sort()).toEqual([[0, -1], [1, 0.75], [4, 1], [5, 0]])
    expect(lit.known).toBe(true)
  })

  it("carries every edge of the unit itself, whatever its effect", () => {
    expect([...highlight(2, scene, set, influence).edges.keys()].sort()).toEqual([0, 2, 4, 5])
  })

  it("goes on only between units that are touched", () => {
    const through = { forward: new Map([["h", Float32Array.of(1, 0)], ["y", Float32Array.of(0.5, -1)]]), backward: new Map() }
    const lit = highlight(0, scene, set, through)
    expect([...lit.edges.keys()].sort()).toEqual([0, 1, 4, 5])
    expect(lit.edges.get(4)).toBe(0.5)
  })

  it("falls back to the unit's own edges when no effect is known", () => {
    const lit = highlight(2, scene, set, null)
    expect(lit.known).toBe(false)
    expect([...lit.edges.keys()].sort()).toEqual([0, 2, 4, 5])
  })
})
