/** Marks: every sign on the canvas that is not a colour of the scale, in few words and in many. Pure. */

import type { Held } from "./weights"

export type Sign = "dead" | "nonfinite" | "flow" | "input" | "about" | "lines" | "unheld" | "maps"

export interface MarkWords {
  readonly sign: Sign
  readonly brief: string
  readonly full: string
}

export interface Shown {
  readonly dead: boolean
  /** Whether a unit's class did not hold on the other half of the samples. */
  readonly unheld?: boolean
  readonly nonfinite: boolean
  readonly flow: boolean
  /** What the maps inside of frames are of. */
  readonly maps?: "all" | "sample" | false
  readonly inputs: boolean
  /** Whether numbers on the page carry a ~. */
  readonly about: boolean
  /** Lines drawn into and out of each unit; null draws none. */
  readonly lines: "6" | "all" | null
  readonly held: Held
}

export function marksOf({ dead, unheld, nonfinite, flow, maps, inputs, about, lines, held }: Shown): MarkWords[] {
  const marks: (MarkWords | false | null)[] = [
    dead && { sign: "dead", brief: "never fires", full: "Never fires: 0 for every sample." },
    unheld === true && { sign: "unheld", brief: "not replicated", full: "Hollow: found on one half of the samples, not replicated on the other." },
    nonfinite && { sign: "nonfinite", brief: "NaN or ∞", full: "Some values are NaN or infinite. They are counted, never averaged." },
    flow && { sign: "flow", brief: "flow, no weights", full: "Values flow on, but no weight matrix joins these layers." },
    maps === "all" && { sign: "maps", brief: "maps: all samples", full: "A map in a frame is the channel's mean at each place over all samples, never of A or B; its scale is the layer's own." },
    maps === "sample" && { sign: "maps", brief: "maps: this sample", full: "A map in a frame is the channel in this sample; its scale is the layer's own. An even tile: only its mean is known." },
    inputs && { sign: "input", brief: "inputs have no colour", full: "Inputs have no colour: each feature is measured in its own way, so no scale is common to them and the network." },
    about && { sign: "about", brief: "~ near, not exact", full: "~ stands before numbers worked out here from each sample's rounded value: near, not exact." },
    lines && { sign: "lines", ...linesOf(lines, held) },
  ]
  return marks.filter((mark) => mark !== false && mark !== null)
}

function linesOf(lines: "6" | "all", held: Held): { brief: string; full: string } {
  if (lines === "6") return { brief: "strongest 6 a unit", full: "Lines are the strongest 6 weights into and out of each unit." }
  if (held.whole) return { brief: "every weight", full: "Lines are all weights." }
  return {
    brief: `strongest ${held.range} a unit`,
    full: `Lines are the strongest ${held.range} weights into and out of each unit: this page holds no more. Between small layers they are all weights.`,
  }
}
