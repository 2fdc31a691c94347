import { describe, expect, it } from "vitest"
import { type Box, COST, placeTip } from "./place"

const room = { left: 0, top: 52, right: 600, bottom: 500 }
const tip = { width: 232, height: 100 }

function boxOf({ left, top }: { left: number; top: number }): Box {
  return { left, top, right: left + tip.width, bottom: top + tip.height }
}

function covers(box: Box, x: number, y: number): boolean {
  return x > box.left && x < box.right && y > box.top && y < box.bottom
}

describe("placeTip", () => {
  it("stands below on the left where nothing is in the way", () => {
    expect(placeTip({ x: 300, y: 200, r: 8 }, tip, room, [])).toEqual({ left: 300 - 8 - 12 - 232, top: 220 })
  })

  it("stands on the other side of what it explains", () => {
    const output = { left: 80, top: 180, right: 140, bottom: 500, cost: COST.output }
    const box = boxOf(placeTip({ x: 300, y: 200, r: 8 }, tip, room, [output]))
    expect(box.left).toBeGreaterThan(308)
  })

  it("never covers the unit, wherever it lies, and stays in the room", () => {
    for (let x = 0; x <= 600; x += 25) {
      for (let y = 60; y <= 500; y += 20) {
        const box = boxOf(placeTip({ x, y, r: 10 }, tip, room, []))
        expect(covers(box, x, y)).toBe(false)
        expect([box.left >= 0, box.top >= 52, box.right <= 600, box.bottom <= 500]).toEqual([true, true, true, true])
      }
    }
  })

  it("rather covers two touched units than one output", () => {
    const outputs = [0, 1, 2].map((row) => ({ left: 340, top: 60 + 150 * row, right: 600, bottom: 200 + 150 * row, cost: COST.output }))
    const touched = [0, 1].map((row) => ({ left: 40, top: 52 + 230 * row, right: 280, bottom: 290 + 230 * row, cost: COST.touched }))
    const box = boxOf(placeTip({ x: 300, y: 200, r: 8 }, tip, room, [...outputs, ...touched]))
    expect(box.right).toBeLessThanOrEqual(340)
  })
})
