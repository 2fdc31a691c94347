/** Asked: what the link keeps of an experiment on the live model. Pure. */

import type { Params } from "../../engine/results"
import type { View } from "../../state/view"

/** A unit, or a whole layer, whose values are multiplied. */
export interface Edit {
  readonly at: string
  readonly factor: number
}

export interface Experiment {
  readonly row: number
  /** Typed inputs; null is the recorded row. */
  readonly inputs: readonly number[] | null
  readonly edits: readonly Edit[]
}

export function experimentOf(own: View["own"], rows: number, features: number): Experiment {
  const row = Math.trunc(Number(own["row"] ?? 0))
  const inputs = (own["inputs"] ?? "").split(" ").filter(Boolean).map(Number)
  return {
    row: row >= 0 && row < rows ? row : 0,
    inputs: inputs.length === features && features > 0 && inputs.every(Number.isFinite) ? inputs : null,
    edits: (own["edits"] ?? "").split("\n").flatMap((line) => {
      const cut = line.lastIndexOf("*")
      const factor = Number(line.slice(cut + 1))
      return cut > 0 && Number.isFinite(factor) ? [{ at: line.slice(0, cut), factor }] : []
    }),
  }
}

/** The same for `keep`; what is usual is left out. */
export function kept({ row, inputs, edits }: Experiment): Record<string, string | null> {
  return {
    row: row === 0 ? null : String(row),
    inputs: inputs === null ? null : inputs.join(" "),
    edits: edits.length === 0 ? null : edits.map(({ at, factor }) => `${at}*${factor}`).join("\n"),
  }
}

/** The query `forward` for it. */
export function forwardOf({ row, inputs, edits }: Experiment): object {
  return {
    ...(inputs === null ? { row } : { inputs: [inputs] }),
    edits: edits.map(({ at, factor }) => (factor === 0 ? { at, how: "zero" } : { at, how: "scale", factor })),
  }
}

/** The parameters of `ablate`. */
export interface Asked {
  readonly units: readonly string[]
  readonly how: string
  readonly scale?: number
  readonly where?: string
}

/** What `ablate` is asked: units are replaced where they are taken out, else all multiplied by one factor; or why that cannot be. */
export function ablationOf(edits: readonly Edit[], how: string, where: string | null): { readonly asked: Asked } | { readonly refused: string } {
  const [first, ...others] = edits
  if (!first) return { refused: "Take out a unit first, or scale one." }
  const other = others.find(({ factor }) => factor !== first.factor)
  if (other) return { refused: `Measured is one change of all units: ${first.at} × ${first.factor} and ${other.at} × ${other.factor} are two. Give them one factor.` }
  const way = first.factor === 0 ? { how } : { how: "scale", scale: first.factor }
  return { asked: { units: edits.map(({ at }) => at), ...way, ...(where === null ? {} : { where }) } }
}

/** The parameters of a kept Result that answers it: everything else as `ablate` does it unless it is told; in which samples, its n says. */
export const keptAs = ({ units, how, scale }: Asked): Params => ({ units, how, scale, metric: "all", resamples: 2000, null: 20 })

/** A short sign of a question: the link that carries it was made where its answer stands. Reference: FNV-1a, 32 bits. */
export function signOf(question: string): string {
  let sign = 0x811c9dc5
  for (const letter of question) sign = Math.imul(sign ^ letter.codePointAt(0)!, 0x01000193)
  return (sign >>> 0).toString(36)
}

/** What is different, unit by unit. */
export function change(after: ReadonlyMap<string, Float32Array>, before: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
  return new Map([...after].map(([name, values]) => [name, values.map((value, unit) => value - (before.get(name)?.[unit] ?? Number.NaN))]))
}

/** Whether the network shows what an experiment changed: there must be one. */
export function showsChange(own: View["own"]): boolean {
  return own["show"] === "change" && (own["inputs"] ?? own["edits"] ?? "") !== ""
}
