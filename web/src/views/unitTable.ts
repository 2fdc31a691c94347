/** Unit table: every number of a neuron's page as a row: rounded where it is read, exact in a file. */

import { type Cell, csvOf, yesOrNo } from "../ui/csv"
import type { Result } from "../engine/results"
import { about, chance, LEAST_CHANCE, measured, score, signed } from "../ui/format"
import { metricName, numberOf, verdictOf } from "./unitAblation.svelte"
import { interval, type UnitFacts } from "./unit.svelte"
import { type Parting, scores } from "./classes"
import { replication } from "./words"

export interface UnitRow {
  readonly part: string
  readonly name: string
  readonly value: Cell
  /** How the value is read. */
  readonly write: (value: number) => string
  /** Whether it is as recorded, not of rounded samples. */
  readonly exact: boolean
  readonly low: number
  readonly high: number
  readonly n: number
  readonly heldout: number
  readonly heldoutLow: number
  readonly heldoutHigh: number
  /** NaN: too few samples to say; null: not asked. */
  readonly replicated: number | null
}

const NONE = Number.NaN
const row = (part: string, name: string, value: Cell, more: Partial<UnitRow> = {}): UnitRow => {
  return { part, name, value, write: signed, exact: true, low: NONE, high: NONE, n: NONE, heldout: NONE, heldoutLow: NONE, heldoutHigh: NONE, replicated: null, ...more }
}

export function unitRows(facts: UnitFacts, parting: Parting | null, ablated: Result | null = null): UnitRow[] {
  const { values, layer, address, explorer, exact } = facts
  const named = facts.stats.length > 1
  const found = facts.rows.flatMap((one) =>
    one.values.map((value, side) => {
      const group = facts.stats[side]
      return row(named ? `Group ${"AB"[side]}` : "All samples", one.name, value, { write: one.write, exact: one.term === "n" || (group?.exact ?? true), n: group?.n ?? NONE })
    }),
  )
  const pair = facts.contrast && explorer.pair
  const all = pair?.layers.get(layer.name)
  if (pair && all) {
    const { exact } = pair
    const [g, low, high, q, auroc] = [all.g, all.gLow, all.gHigh, all.q, all.auroc].map((one) => one[facts.unit]!)
    found.push(row("A − B", "Hedges g", g!, { exact, write: (value) => signed(value).replace("+", ""), low: low!, high: high!, n: found[0]!.n + found[1]!.n, replicated: all.replicated[facts.unit]! }))
    found.push(row("A − B", "q", q! < LEAST_CHANCE ? `<${LEAST_CHANCE}` : q!, { exact, write: chance }), row("A − B", "AUROC", auroc!, { exact, write: score }))
  }
  if (facts.health) found.push(row("Health", facts.health.status, facts.health.says))
  if (values && parting && layer.kind !== "input") {
    const told = scores(values, parting, explorer.engine.samples.half)
    told.forEach(({ auroc, low, high, n, halves, held }, at) => {
      found.push(row(`AUROC by ${parting.column}`, parting.classes[at]!.name, auroc, { exact, low, high, n, write: score, heldout: halves[1], replicated: held }))
    })
  }
  if (ablated) found.push(...ablatedRows(ablated))
  for (const list of facts.links) for (const { layer, name, key, weight } of list.bars) found.push(row(list.name, [layer, name, `(${key})`].filter(Boolean).join(" "), weight, { n: list.n }))
  if (facts.similar && "list" in facts.similar) {
    const { n, list } = facts.similar
    for (const { unit, r, heldout, low, high } of list) found.push(row("Most similar", `${address.slice(0, address.lastIndexOf(":"))}:${unit}`, r, { n: n - facts.nonfinite, heldout, heldoutLow: low, heldoutHigh: high }))
  }
  return found
}

/** What the answers lose without the unit: metric by metric, and the accuracy of every class. */
function ablatedRows(found: Result): UnitRow[] {
  const part = `Without it, ${String(found.params["how"])}`
  const [all = NONE] = Object.values(found.n)
  const of = (name: string, place: number): number => numberOf(found, name, place)
  const metrics = (found.coords["metric"] ?? []).map((metric, place) => {
    const again = found.has("replicated") ? { heldout: of("heldout_effect", place), heldoutLow: of("heldout_low", place), heldoutHigh: of("heldout_high", place), replicated: of("replicated", place) } : {}
    return row(part, `${metricName(metric)}, ${verdictOf(found, place)}`, of("effect", place), { write: measured, low: of("low", place), high: of("high", place), n: all, ...again })
  })
  const classes = (found.coords["class"] ?? []).map((name, place) => {
    return row(part, `accuracy of ${name}`, of("class_effect", place), { write: measured, low: of("class_low", place), high: of("class_high", place), n: of("class_n", place) })
  })
  return [...metrics, ...classes]
}

/** A row as it is read: value, interval, held out. */
export function textsOf({ value, write, exact, low, high, heldout, heldoutLow, heldoutHigh, replicated }: UnitRow): readonly [string, string, string] {
  const between = (from: number, to: number): string => (write === measured && Number.isFinite(from) ? `[${measured(from)}, ${measured(to)}]` : interval(from, to))
  const again = Number.isNaN(heldout) ? "" : `${write(heldout)} ${between(heldoutLow, heldoutHigh)}`.trim()
  return [typeof value === "string" ? value : about(write(value), exact), between(low, high) && about(between(low, high), exact), [again, replicated === null ? "" : replication(replicated)].filter(Boolean).join(", ")]
}

export function unitCsv(rows: readonly UnitRow[]): string {
  const heading: Cell[] = ["part", "name", "value", "low", "high", "n", "heldout", "heldout_low", "heldout_high", "replicated", "exact"]
  const cells = rows.map((one): Cell[] => [
    one.part, one.name, one.value, one.low, one.high, one.n, one.heldout, one.heldoutLow, one.heldoutHigh,
    one.replicated === null ? "" : yesOrNo(one.replicated), one.exact ? "yes" : "no",
  ])
  return csvOf([heading, ...cells])
}
