/** Unit table: every number of a neuron's page as a row. */

import { type Cell, csvOf } from "../ui/csv"
import type { Result } from "../engine/results"
import { measured, score, signed } from "../ui/format"
import { metricName, numberOf, verdictOf } from "./unitAblation.svelte"
import { interval, type UnitFacts } from "./unit.svelte"
import { type Parting, scores } from "./classes"
import { replication } from "./words"

export interface UnitRow {
  readonly part: string
  readonly name: string
  readonly text: string
  readonly interval: string
  readonly n: string
  readonly held: string
}

export function unitRows(facts: UnitFacts, parting: Parting | null, ablated: Result | null = null): UnitRow[] {
  const row = (part: string, name: string, text: string, more: Partial<UnitRow> = {}): UnitRow => ({ part, name, text, interval: "", n: "", held: "", ...more })
  const { contrast, values, layer } = facts
  const named = facts.stats.length > 1
  const found = facts.rows.flatMap(({ name, texts }) => texts.map((text, side) => row(named ? `Group ${"AB"[side]}` : "All samples", name, text)))
  if (contrast) {
    found.push(row("A − B", "Hedges g", contrast.g, { interval: contrast.interval, held: contrast.replicated }))
    found.push(row("A − B", "q", contrast.q), row("A − B", "AUROC", contrast.auroc))
  }
  if (facts.health) found.push(row("Health", facts.health.status, facts.health.says))
  if (values && parting && layer.kind !== "input") {
    const told = scores(values, parting, facts.explorer.engine.samples.half)
    told.forEach(({ auroc, low, high, n, halves, held }, at) => {
      const more = { interval: interval(low, high), n: String(n), held: `${score(halves[1])}, ${replication(held)}` }
      found.push(row(`AUROC by ${parting.column}`, parting.classes[at]!.name, score(auroc), more))
    })
  }
  if (ablated) found.push(...ablatedRows(ablated))
  for (const list of facts.links) for (const bar of list.bars) found.push(row(list.name, [bar.layer, bar.name, `(${bar.key})`].filter(Boolean).join(" "), signed(bar.weight)))
  return found
}

/** What the answers lose without the unit: metric by metric, and the accuracy of every class. */
export function ablatedRows(found: Result): UnitRow[] {
  const part = `Without it, ${String(found.params["how"])}`
  const n = Object.values(found.n).join()
  const change = (name: string, kind: string, place: number): Pick<UnitRow, "part" | "name" | "text" | "interval"> => {
    const [effect, low, high] = ["effect", "low", "high"].map((one) => numberOf(found, kind + one, place))
    return { part, name, text: measured(effect!), interval: Number.isNaN(low!) ? "" : `[${measured(low!)}, ${measured(high!)}]` }
  }
  const metrics = (found.coords["metric"] ?? []).map((metric, place) => {
    const again = change("", "heldout_", place)
    const held = found.has("replicated") ? `${again.text} ${again.interval}, ${replication(numberOf(found, "replicated", place))}` : ""
    return { ...change(`${metricName(metric)}, ${verdictOf(found, place)}`, "", place), n, held }
  })
  const classes = (found.coords["class"] ?? []).map((name, place) => {
    return { ...change(`accuracy of ${name}`, "class_", place), n: String(numberOf(found, "class_n", place)), held: "" }
  })
  return [...metrics, ...classes]
}

export function unitCsv(rows: readonly UnitRow[]): string {
  const heading: Cell[] = ["part", "name", "value", "interval_95", "n", "held_out"]
  return csvOf([heading, ...rows.map((one): Cell[] => [one.part, one.name, one.text, one.interval, one.n, one.held])])
}
