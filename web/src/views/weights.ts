/** Weights: what a weight on this page is, and how many of them the page holds, in words. Pure. */

import type { EdgeCard, LayerCard } from "../contract/manifest"

type Cards = ReadonlyMap<string, LayerCard>

export interface Held {
  /** Whether every weight between the layers is on the page. */
  readonly whole: boolean
  /** "16", or "8–16" where layers differ: strongest weights in and out of each unit, of the edges that are not whole. */
  readonly range: string
}

export function heldOf(edges: readonly EdgeCard[], cards: Cards): Held {
  const cut = edges.flatMap(({ source, target, weights }) => {
    const widest = Math.max(cards.get(source)?.units ?? 0, cards.get(target)?.units ?? 0)
    return weights && weights.k < widest ? [weights.k] : []
  })
  const [least, most] = [Math.min(...cut), Math.max(...cut)]
  return { whole: cut.length === 0, range: least === most ? String(least) : `${least}–${most}` }
}

function overPositions(kind: EdgeCard["kind"]): string {
  if (kind === "linear") return "Each is the sum over all positions of the channel."
  return "Each is the sum over the positions of the channel that are left at the layer it enters."
}

/** How one number came from many where units have positions, and what else lies between; null where a weight is just that. */
export function weightNote(edges: readonly EdgeCard[], cards: Cards): string | null {
  const of = edges.filter((edge) => edge.weights !== null)
  const notes = new Set<string>()
  for (const { source, target, kind } of of) {
    if ((cards.get(target)?.position.length ?? 0) > 0) notes.add("Each is the sum over the kernel's window.")
    else if ((cards.get(source)?.position.length ?? 0) > 0) notes.add(overPositions(kind))
    if (kind === "scaled") notes.add("A scaling lies between, such as normalising or averaging: it is not in the number.")
    if (kind === "nonlinear") notes.add("Something that is not linear lies between, such as max pooling: it is not in the number.")
  }
  return notes.size > 0 ? [...notes].join(" ") : null
}
