import { describe, expect, it } from "vitest"
import { barOf, drawn, moved, MOST, type Table } from "./scrolled"

const short: Table = { rows: 1000, row: 28, view: 560 }
const long: Table = { rows: 5_000_000, row: 30, view: 600 }

/** Pixels of the element, from its start to a row. */
const placeOf = (table: Table, top: number, at: number, row: number): number => {
  const { first, before } = drawn(table, top, at)
  return before + (row - first) * table.row
}

/** Pixels that the rows leave free below them. */
const below = (table: Table, top: number, at: number): number => {
  const { first, last, before, height } = drawn(table, top, at)
  return height - before - (last - first) * table.row
}

describe("a table that a browser can hold", () => {
  it.each([0, 1, 28, 5000, 27_440])("draws every row where it is, scrolled to %d", (top) => {
    const { first, last } = drawn(short, top, moved(short, 0, top, top, true))
    expect(first * 28).toBeLessThanOrEqual(top)
    expect(last * 28).toBeGreaterThanOrEqual(top + 560)
    expect(placeOf(short, top, top, first)).toBe(first * 28)
    expect(below(short, top, top)).toBe(28_000 - last * 28)
  })

  it("draws what there is when a filter leaves fewer rows than were above", () => {
    expect(drawn({ ...short, rows: 3 }, 20_000, 20_000)).toEqual({ first: 0, last: 3, before: 0, height: 84 })
    expect(drawn({ ...short, rows: 0 }, 20_000, 20_000)).toEqual({ first: 0, last: 0, before: 0, height: 0 })
  })
})

describe("a table of 150 million pixels", () => {
  const room = MOST - 600

  it("is as high as a browser can hold, wherever it stands", () => {
    for (const top of [0, 1, 17, 4_000_000, room - 3, room]) {
      const at = moved(long, 0, top, top, true)
      expect(drawn(long, top, at).height).toBe(MOST)
      expect(drawn(long, top, at).before).toBeGreaterThanOrEqual(0)
      expect(below(long, top, at)).toBeGreaterThanOrEqual(0)
    }
  })

  it("ends with its last row where the bar ends", () => {
    const at = moved(long, 0, room, room, true)
    expect(drawn(long, room, at).last).toBe(5_000_000)
    expect(placeOf(long, room, at, 4_999_999) + 30).toBeCloseTo(MOST, 6)
    expect(drawn(long, 0, moved(long, at, 0, -room, true)).first).toBe(0)
  })

  it("shows row 2,500,000 in the middle of the bar", () => {
    const top = room / 2
    const at = moved(long, 0, top, top, true)
    expect(Math.abs(at / 30 - (5_000_000 - 20) / 2)).toBeLessThan(1)
    expect(placeOf(long, top, at, Math.floor(at / 30))).toBeLessThanOrEqual(top)
    expect(placeOf(long, top, at, Math.floor(at / 30))).toBeGreaterThan(top - 30)
  })

  it("passes no row by when the wheel turns", () => {
    let [at, top] = [75_000_000, barOf(long, 75_000_000)]
    for (let turn = 0; turn < 20; turn++) {
      const before = at
      at = moved(long, at, top + 100, 100, false)
      expect(at - before).toBe(100)
      top = barOf(long, at)
    }
    expect(at).toBe(75_002_000)
  })

  it("has a bar that can go on while there are rows", () => {
    expect(barOf(long, 0)).toBe(0)
    expect(barOf(long, 5)).toBe(1)
    expect(barOf(long, 150_000_000 - 600 - 5)).toBe(room - 1)
    expect(barOf(long, 150_000_000 - 600)).toBe(room)
  })
})
