/** Words: a unit said in one sentence. */

import type { LayerCard } from "../contract/manifest"
import { about, number, score, unitName } from "../ui/format"
import type { GroupStats } from "../engine/api"
import type { Explorer, UnitRef } from "./explorer.svelte"
import { showsChange } from "./live/asked"

export function byName(layers: readonly LayerCard[]): ReadonlyMap<string, LayerCard> {
  return new Map(layers.map((layer) => [layer.name, layer]))
}

/** "dense 1 · 11", with the unit's own name if it has one. */
export function title(ref: UnitRef): string {
  return `${ref.layer.label} · ${unitName(ref.layer, ref.unit)}`
}

/** The share of samples above 0, wherever it stands. */
export const FIRES = "Firing rate"

export function eitherSigned(layer: LayerCard): boolean {
  return layer.signed || layer.kind === "input"
}

/** Whether what one half of the samples showed was found again on the other. */
export function replication(replicated: number): string {
  return Number.isNaN(replicated) ? "too few samples" : replicated === 1 ? "replicated" : "not replicated"
}

export function meanAbs(group: GroupStats | null, ref: UnitRef): number {
  return group?.layers.get(ref.layer.name)?.meanAbs[ref.unit] ?? Number.NaN
}

export function mean(group: GroupStats | null, ref: UnitRef): number {
  return group?.layers.get(ref.layer.name)?.mean[ref.unit] ?? Number.NaN
}

/** What a single sample's number is called. */
export function valueWord(explorer: Pick<Explorer, "route" | "own">): string {
  return explorer.route === "live" && showsChange(explorer.own) ? "Change" : "Value"
}

/** For the live region: "dense 1 neuron 11, mean 0.82 in A, 0.19 in B, 12 of 32". */
export function describe(explorer: Explorer, ref: UnitRef): string {
  const { layer, unit } = ref
  const value = (group: GroupStats | null): string => (group ? about(number(mean(group, ref)), group.exact) : "–")
  const means = explorer.alone ? `${valueWord(explorer).toLowerCase()} ${value(explorer.a)}` : explorer.b ? `mean ${value(explorer.a)} in A, ${value(explorer.b)} in B` : `mean ${value(explorer.a)}`
  return `${layer.label} ${layer.unitWord} ${unitName(layer, unit)}, ${means}, ${unit + 1} of ${layer.units}`
}

/** What the shown analysis says of a unit: its health, or the class it tells best; empty in other colours. */
export function knownOf(explorer: Explorer, { layer, unit }: UnitRef): string {
  const { health, selectivity, mode } = explorer
  if (mode === "health") {
    const status = health?.textOf("status", layer.name, unit) ?? ""
    return status ? `Health: ${status}` : ""
  }
  if (mode !== "selectivity") return ""
  const best = selectivity?.textOf("best", layer.name, unit) ?? ""
  if (!best) return ""
  const auroc = selectivity!.of("best_auroc", layer.name, unit)
  const held = selectivity!.of("replicated", layer.name, unit) === 1 ? "replicated" : "not replicated"
  return `${auroc < 0.5 ? "Lowest" : "Highest"} for ${best}: AUROC ${score(auroc)}, ${held}`
}
