import { describe, expect, it } from "vitest"
import { edgeSet } from "./edgeset"
import { finest } from "./edges2d"

const many = (count: number, value: number) =>
  edgeSet({ source: new Uint32Array(count), target: new Uint32Array(count).fill(1), value: new Float32Array(count).fill(value) }, 2)

describe("how fine edges are drawn", () => {
  it("gives a small network every width and every dash but the faintest", () => {
    expect(finest(many(300, 0.05))).toEqual({ wide: 0, dashed: 1 })
  })

  it("draws ten thousand equal edges as hairlines, undashed", () => {
    expect(finest(many(10_000, 0.9))).toEqual({ wide: 8, dashed: 8 })
  })
})
