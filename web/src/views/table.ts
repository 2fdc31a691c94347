/** Table: the rows behind the drawing, and their order. Pure. */

import type { LayerCard } from "../contract/manifest"
import type { GroupStats, PairStats } from "../engine/api"
import type { Result } from "../engine/results"
import { formatAddress } from "../state/address"
import { type Cell, csvOf, yesOrNo } from "../ui/csv"
import { unitName } from "../ui/format"
import type { Explorer } from "./explorer.svelte"
import { TROUBLES } from "./health"

export interface Row {
  readonly layer: LayerCard
  readonly place: number
  readonly unit: number
  readonly absA: number
  readonly absB: number
  readonly meanA: number
  readonly meanB: number
  /** Of the means. */
  readonly difference: number
  readonly firesA: number
  readonly firesB: number
  readonly g: number
  readonly q: number
  readonly auroc: number
  /** 1: what one half of the samples showed was found again on the other; 0: not; NaN: too few samples. */
  readonly replicated: number
  /** As the analysis said; empty where it did not. */
  readonly status: string
  /** Its place from worst to ok; NaN where nothing was said. */
  readonly health: number
  /** The class it tells best, and how well on the held-out half. */
  readonly best: string
  readonly heldOut: number
}

/** What analyses add to the table. */
export interface Analysed {
  readonly health: Result | null
  readonly selectivity: Result | null
}

/** What a column can show and sort by. */
export type Key = { [Name in keyof Row]: Row[Name] extends number ? Name : never }[keyof Row]

export function rowsOf(
  layers: readonly LayerCard[],
  a: GroupStats | null,
  b: GroupStats | null,
  pair: PairStats | null,
  { health, selectivity }: Analysed = { health: null, selectivity: null },
): Row[] {
  return layers.flatMap((layer, place) => {
    const one = a?.layers.get(layer.name)
    const other = b?.layers.get(layer.name)
    const both = pair?.layers.get(layer.name)
    const at = (list: Float32Array | Float64Array | undefined, unit: number): number => list?.[unit] ?? Number.NaN
    const statusOf = (unit: number): string => health?.textOf("status", layer.name, unit) ?? ""
    return Array.from({ length: layer.units }, (_, unit) => ({
      layer,
      place,
      unit,
      absA: at(one?.meanAbs, unit),
      absB: at(other?.meanAbs, unit),
      meanA: at(one?.mean, unit),
      meanB: at(other?.mean, unit),
      difference: at(one?.mean, unit) - at(other?.mean, unit),
      firesA: at(one?.firingRate, unit),
      firesB: at(other?.firingRate, unit),
      g: at(both?.g, unit),
      q: at(both?.q, unit),
      auroc: at(both?.auroc, unit),
      replicated: at(both?.replicated, unit),
      status: statusOf(unit),
      health: rankOf(statusOf(unit)),
      best: selectivity?.textOf("heldout_class", layer.name, unit) || selectivity?.textOf("best", layer.name, unit) || "",
      heldOut: selectivity?.of("heldout_auroc", layer.name, unit) ?? Number.NaN,
    }))
  })
}

function rankOf(status: string): number {
  const rank = (TROUBLES as readonly string[]).indexOf(status)
  return status === "" ? Number.NaN : rank < 0 ? TROUBLES.length : rank
}

type Placed = Pick<Row, "place" | "unit">

/** Sorted copy; what is not known comes last either way, equal values keep the order of the network. */
export function sorted<K extends string, R extends Placed & Readonly<Record<K, number>>>(rows: readonly R[], key: K, falling: boolean): R[] {
  return [...rows].sort((one, other) => {
    const [x, y]: readonly [number, number] = [one[key], other[key]]
    const [lostX, lostY] = [Number.isNaN(x), Number.isNaN(y)]
    if (lostX || lostY) return lostX === lostY ? network(one, other) : lostX ? 1 : -1
    return (falling ? y - x : x - y) || network(one, other)
  })
}

/** Who is in a group. */
export function sideText({ expression, outside = false }: { readonly expression: string; readonly outside?: boolean }): string {
  return outside ? `not (${expression})` : expression || "all"
}

/** As CSV, with which groups are compared and whether the numbers are exact; in the order of the rows. */
export function tableCsv(rows: readonly Row[], keys: readonly Key[], { a, b, pair }: Pick<Explorer, "a" | "b" | "pair">): string {
  const groups = (pair ? [pair.a, pair.b] : [a, b]).map((group) => (group ? sideText(group) : ""))
  const exact = [a, b, pair].every((one) => one?.exact ?? true) ? "yes" : "no"
  const name = (key: Key) => key.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`).replace("abs", "mean_abs").replace("fires", "firing_rate").replace(/^g$/, "hedges_g")
  const cell = (row: Row, key: Key): Cell => (key === "health" ? row.status : key === "replicated" ? yesOrNo(row.replicated) : row[key])
  return csvOf([
    ["address", "layer", "unit", ...keys.map(name), "best_class", "a", "b", "exact"],
    ...rows.map((row) => [formatAddress(row.layer.name, row.unit), row.layer.label, unitName(row.layer, row.unit), ...keys.map((key) => cell(row, key)), row.best, ...groups, exact]),
  ])
}

/** What every unit did on one sample, against the mean of all. */
export function sampleCsv(rows: readonly Row[], sample: number, exact: boolean): string {
  return csvOf([
    ["address", "layer", "unit", "value", "mean_of_all", "difference", "sample", "exact"],
    ...rows.map((row) => [formatAddress(row.layer.name, row.unit), row.layer.label, unitName(row.layer, row.unit), row.meanA, row.meanB, row.difference, sample, yesOrNo(Number(exact))]),
  ])
}

function network(one: Placed, other: Placed): number {
  return one.place - other.place || one.unit - other.unit
}
