/** Caption: what a saved picture must say, for it leaves the page that says it. Pure. */

import type { GroupStats } from "../engine/api"
import { count } from "../ui/format"
import type { Explorer } from "./explorer.svelte"
import { showsChange } from "./live/asked"
import { sideText } from "./table"
import { title } from "./words"

export const COLOURS = { signed: "mean, of either sign", abs: "mean |a|", ab: "A vs B", health: "health", selectivity: "the class each unit tells best" } as const

type Shown = Pick<Explorer, "manifest" | "mode" | "alone" | "a" | "b" | "pair" | "own" | "route" | "selected" | "selectedLayer">

/** Who is drawn, in which colours, and what is selected; a line each. */
export function captionOf(explorer: Shown): string[] {
  const { a, b, pair, mode, alone } = explorer
  const group = (name: string, of: GroupStats | null, side = of): string[] => (of && side ? [`${name}: ${sideText(side)} (n = ${count(of.n)})`] : [])
  const groups = alone ? ["One sample"] : b ? [...group("A", a, pair?.a as GroupStats | undefined ?? a), ...group("B", b, pair?.b as GroupStats | undefined ?? b)] : group("Samples", a)
  const colour = alone ? (explorer.route === "live" && showsChange(explorer.own) ? "change of the value" : "value in this sample") : COLOURS[mode]
  const selected = explorer.selected ? title(explorer.selected) : explorer.selectedLayer?.label
  return [`${explorer.manifest.title} · ${groups.join(" · ")}`, [`Colour: ${colour}`, ...(selected ? [`Selected: ${selected}`] : [])].join(" · ")]
}
