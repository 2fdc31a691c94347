/** Caption: of what a saved picture is. Pure. */

import type { GroupStats } from "../engine/api"
import { count } from "../ui/format"
import type { Line } from "../ui/head"
import type { Explorer } from "./explorer.svelte"
import { showsChange } from "./live/asked"
import { ofTwo } from "./match/beside"
import { sideText } from "./table"
import { title } from "./words"

const COLOURS = { signed: "mean, of either sign", abs: "mean |a|", ab: "A vs B", health: "health", selectivity: "the class each unit tells best" } as const

/** The picture's title, the recording, who is in A and B, and of the network its colours; a line each. */
export function captionOf(explorer: Explorer, name: string): Line[] {
  const { a, b, pair, mode, alone, route } = explorer
  const group = (name: string, of: GroupStats | null, side = of): string => (of && side ? `${name}: ${sideText(side)} (n = ${count(of.n)})` : "")
  const groups: Line[] = alone
    ? [{ text: "One sample" }]
    : b && !ofTwo(explorer)
      ? [{ text: group("A", a, pair?.a as GroupStats | undefined ?? a), tone: "a" }, { text: group("B", b, pair?.b as GroupStats | undefined ?? b), tone: "b" }]
      : [{ text: group("Samples", a) }]
  const unit = route === "neuron" ? (explorer.refOf(explorer.at) ?? explorer.selected) : explorer.selected
  const chosen = unit ? title(unit) : explorer.selectedLayer?.label
  const colour = alone ? (route === "live" && showsChange(explorer.own) ? "change of the value" : "value in this sample") : COLOURS[mode]
  return [
    { text: route === "neuron" ? `${name} · ${chosen}` : name },
    { text: explorer.manifest.title },
    ...groups,
    ...(route === "network" || alone ? [{ text: `Colour: ${colour}` }] : []),
    ...(chosen && route !== "neuron" ? [{ text: `Selected: ${chosen}` }] : []),
  ]
}
