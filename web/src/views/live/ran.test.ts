// @vitest-environment node
import { expect, test } from "vitest"
import type { LayerCard } from "../../contract/manifest"
import { sorted } from "../table"
import { ranOf } from "./ran"

const layers = [{ name: "x", units: 2 }, { name: "y", units: 1 }] as unknown as LayerCard[]
const values = (x: number[], y: number[]) => new Map([["x", Float32Array.from(x)], ["y", Float32Array.from(y)]])

test("every unit has what it was, what it is and the difference", () => {
  const rows = ranOf(layers, values([1, 4], [2]), values([3, 0], [2]))
  expect(rows.map((row) => [row.layer.name, row.unit, row.recorded, row.now, row.change])).toEqual([["x", 0, 1, 3, 2], ["x", 1, 4, 0, -4], ["y", 0, 2, 2, 0]])
  expect(sorted(rows, "change", true).map((row) => row.change)).toEqual([2, 0, -4])
})

test("while a field holds no number nothing is claimed", () => {
  expect(ranOf(layers, values([1, 4], [2]), undefined).map((row) => row.now)).toEqual([Number.NaN, Number.NaN, Number.NaN])
  expect(ranOf(layers, undefined, undefined)).toHaveLength(3)
})
