import { describe, expect, it } from "vitest"
import { pointedAt } from "./pointed"

const heat = (width: number, height: number) => ({ width, height, drawn: height, quantiles: new Float32Array(5 * width), values: Float32Array.from({ length: width * height }, (_, at) => at) })

describe("what is pointed at", () => {
  it("is the unit and the sample themselves, wherever they are drawn", () => {
    const [rows, units] = [Uint32Array.of(7, 3), Uint32Array.of(2, 0, 1)]
    expect(pointedAt({ x: 0, y: 1 }, heat(3, 2), rows, units)).toEqual({ unit: 2, units: 1, row: 3, rows: 1, value: 3 })
    expect(pointedAt({ x: 2, y: 0 }, heat(3, 2), rows, units)).toEqual({ unit: 1, units: 1, row: 7, rows: 1, value: 2 })
  })

  it("is the first of several where one pixel is made of them", () => {
    const units = Uint32Array.of(9, 8, 7, 6)
    expect(pointedAt({ x: 1, y: 0 }, heat(2, 1), Uint32Array.of(5, 4, 3), units)).toEqual({ unit: 7, units: 2, row: 5, rows: 3, value: 1 })
  })

  it("is a unit alone beneath the map", () => {
    expect(pointedAt({ x: 1, y: -1 }, heat(2, 1), Uint32Array.of(5), Uint32Array.of(4, 3))).toMatchObject({ unit: 3, row: -1, rows: 0, value: Number.NaN })
  })
})
