import { describe, expect, it } from "vitest"
import type { LayerCard } from "../contract/manifest"
import type { GroupStats, LayerStats } from "../engine/api"
import type { Result } from "../engine/results"
import { rowsOf, sorted, tableCsv } from "./table"

const card = (name: string, units: number): LayerCard => ({
  name, label: name, kind: "dense", unitWord: "neuron", activation: null, operator: "linear", module: null, units, rank: 0,
  position: [], unitNames: null, signed: false, output: false, parametrised: true,
})

function group(values: Record<string, number[]>): GroupStats {
  const layers = new Map<string, LayerStats>()
  for (const [name, list] of Object.entries(values)) {
    const stats = Float32Array.from(list)
    const whole = Float64Array.from(list)
    layers.set(name, { n: whole, mean: stats, meanAbs: stats, sd: stats, firingRate: stats, max: stats, nonfinite: whole })
  }
  return { expression: "", n: 1, exact: true, layers, problems: new Map() }
}

describe("table", () => {
  const rows = rowsOf([card("x", 2), card("y", 2)], group({ x: [3, 1], y: [Number.NaN, 3] }), null, null)
  const order = (list: typeof rows) => list.map((row) => `${row.layer.name}:${row.unit}`)

  it("has one row for every unit that is drawn", () => {
    expect(order(rows)).toEqual(["x:0", "x:1", "y:0", "y:1"])
  })

  it("sorts either way, unknown last, ties in the order of the network", () => {
    expect(order(sorted(rows, "absA", true))).toEqual(["x:0", "y:1", "x:1", "y:0"])
    expect(order(sorted(rows, "absA", false))).toEqual(["x:1", "x:0", "y:1", "y:0"])
  })
})

it("says in its CSV what replicated as the ranked units say it", () => {
  const rows = rowsOf([card("x", 3)], null, null, null).map((row, at) => ({ ...row, replicated: [1, 0, Number.NaN][at]! }))
  const lines = tableCsv(rows, ["replicated"], { a: null, b: null, pair: null }).trim().split("\r\n")
  expect(lines[0]).toBe("address,layer,unit,replicated,best_class,a,b,exact")
  expect(lines.slice(1).map((line) => line.split(",")[3])).toEqual(["yes", "no", ""])
})

describe("what analyses add", () => {
  it("is sorted worst first, and what nothing is said of comes last", () => {
    const statuses: Record<string, string[]> = { x: ["ok", "dead"], y: ["dormant", ""] }
    const health = { textOf: (_: string, layer: string, unit: number) => statuses[layer]![unit]! } as unknown as Result
    const rows = rowsOf([card("x", 2), card("y", 2)], null, null, null, { health, selectivity: null })
    expect(sorted(rows, "health", false).map((row) => row.status)).toEqual(["dead", "dormant", "ok", ""])
    expect(rows.every((row) => Number.isNaN(row.heldOut))).toBe(true)
  })
})
