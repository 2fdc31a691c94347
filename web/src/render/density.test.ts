import { describe, expect, it } from "vitest"
import { accumulate, brightest, raster, toneMap } from "./density"
import type { EdgePaths } from "./edges2d"
import { edgeSet } from "./edgeset"

function flat(value: number, y0: number, y1: number): EdgePaths {
  const set = edgeSet({ source: Uint32Array.of(0), target: Uint32Array.of(1), value: Float32Array.of(value) }, 2)
  const one = (x: number) => Float32Array.of(x)
  return { set, x0: one(0), y0: one(y0), x1: one(10), y1: one(y1), lane: Int32Array.of(-1), lanes: [] }
}

const still = { k: 1, tx: 0, ty: 0 }

describe("density raster", () => {
  it("lays down the size of an edge once in every column, however steep it is", () => {
    for (const [y0, y1] of [[3, 3], [0, 9], [9, 1]] as const) {
      const into = raster(10, 10)
      accumulate(into, flat(0.5, y0, y1), still, 0, 1)
      for (let x = 0; x < 10; x++) {
        let column = 0
        for (let y = 0; y < 10; y++) column += into.positive[y * 10 + x]!
        expect(column).toBeCloseTo(0.5, 5)
      }
    }
  })

  it("keeps the signs apart", () => {
    const into = raster(10, 10)
    accumulate(into, flat(-1, 2, 2), still, 0, 1)
    expect(Math.max(...into.positive)).toBe(0)
    expect(into.negative[2 * 10 + 4]).toBe(1)
  })

  it("measures brightness by what one pixel in a hundred exceeds", () => {
    const into = raster(100, 70)
    into.positive.fill(1)
    into.positive[0] = 1000
    expect(brightest(into)).toBe(1)
    expect(brightest(raster(10, 10))).toBe(0)
  })

  it("gives a bright pixel the full strength and empty pixels none", () => {
    const into = raster(10, 10)
    accumulate(into, flat(1, 2, 2), still, 0, 1)
    const pixels = new Uint8ClampedArray(400)
    toneMap(into, pixels, 0x102030, 0xffffff, 1, 1)
    expect([...pixels.slice((2 * 10 + 4) * 4, (2 * 10 + 4) * 4 + 4)]).toEqual([0x10, 0x20, 0x30, 255])
    expect(pixels[3]).toBe(0)
  })
})
