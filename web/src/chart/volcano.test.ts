import { describe, expect, it } from "vitest"
import { circles, frameOf, height, inBox, nearest, placeOf } from "./volcano"

const points = [{ g: -1, q: 0.01, replicated: 1 }, { g: 2, q: 1, replicated: 0 }, { g: 0.5, q: 0, replicated: Number.NaN }]

describe("volcano", () => {
  it("g 0 stands in the middle, q 1 at the bottom, and a q of 0 still has a place", () => {
    const frame = frameOf(points, 200, 100)
    expect(placeOf({ g: 0, q: 1, replicated: 0 }, frame)).toEqual([100, 100])
    expect(height(0)).toBe(300)
    for (const point of points) {
      const [x, y] = placeOf(point, frame)
      expect(x >= 0 && x <= 200 && y >= 0 && y <= 100).toBe(true)
    }
  })

  it("the axis reaches the smallest q, and tells it from others as small", () => {
    const strong = [1e-20, 8e-75].map((q) => ({ g: 1, q, replicated: 1 }))
    const frame = frameOf(strong, 200, 100)
    expect(frame.top).toBeGreaterThan(74)
    expect(placeOf(strong[1]!, frame)[1]).toBeLessThan(placeOf(strong[0]!, frame)[1] - 50)
  })

  it("finds the nearest within reach only", () => {
    const frame = frameOf(points, 200, 100)
    const [x, y] = placeOf(points[1]!, frame)
    expect(nearest(points, frame, x + 3, y - 3)).toBe(1)
    expect(nearest(points, frame, 100, 60)).toBe(-1)
  })

  it("a box holds what lies in it", () => {
    expect(inBox([5, 5], { left: 0, top: 0, right: 10, bottom: 10 })).toBe(true)
    expect(inBox([11, 5], { left: 0, top: 0, right: 10, bottom: 10 })).toBe(false)
    expect(circles([[10, 10]], 2)).toBe("M8 10a2 2 0 1 0 4 0a2 2 0 1 0-4 0")
  })
})
