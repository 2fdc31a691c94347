/** Headings: what stands above the columns, and where. Pure. */

import type { LayerCard } from "../contract/manifest"
import { fit, layoutNetwork } from "../layout"
import type { Layout } from "../layout/model"
import { type Transform, transformOf } from "../render/transform"
import { factsIn } from "../ui/format"

export interface Heading {
  readonly card: LayerCard
  /** Middle and top, screen pixels. */
  readonly x: number
  readonly y: number
  readonly room: number
  readonly facts: string
}

/** Height of the strip at the bottom that the legend stands in. */
const LEGEND = 104
const LEAST = 24
/** Height of the strip at the top that the columns' titles stand in. */
export const TITLES = 54

export function headingsOf(layout: Layout, cards: readonly LayerCard[], at: Transform): Heading[] {
  /** Columns with a heading, from left to right; folded layers have none. */
  const columns = layout.columns.filter((column) => layout.layers[column.layers[0]!]!.headerWidth > 0)
  const rooms = columns.map(({ x }, place) => {
    const before = place > 0 ? x - columns[place - 1]!.x : Infinity
    const after = place < columns.length - 1 ? columns[place + 1]!.x - x : Infinity
    return Math.min(before, after, 2 * x, 2 * (layout.width - x)) * at.k - 12
  })
  const tight = columns.map((column, place) => (cards[column.layers[0]!]?.label.length ?? 0) * 8 + 8 > rooms[place]!)
  const stagger = tight.filter(Boolean).length > 2
  return columns.flatMap((column, place) =>
    column.layers.flatMap((index, order): Heading[] => {
      const box = layout.layers[index]!
      const card = cards[index]
      if (!card || box.headerWidth === 0) return []
      const room = rooms[place]!
      const x = box.headerX * at.k + at.tx
      const usual = { card, x, room: Math.max(LEAST, room), facts: factsIn(card, room - 8) }
      if (order > 0) {
        const y = (box.headerY - 16) * at.k + at.ty
        // It moves with its layer, but not over the titles of the columns.
        return y < TITLES ? [] : [{ ...usual, y }]
      }
      // Where names do not fit side by side, every other one moves down a line and has twice the room.
      if (stagger || tight[place]) return [{ card, x, y: 14 + 20 * (place % 2), room: Math.max(LEAST, 2 * room), facts: "" }]
      return [{ ...usual, y: 16 }]
    }),
  )
}

/** The layout whose lanes, if it has any, end above the legend when the network is fitted. */
export function layoutAbove(cards: readonly LayerCard[], edges: Parameters<typeof layoutNetwork>[1], width: number, height: number): Layout {
  const canvas = { width, height }
  const lay = (lower: number): Layout => layoutNetwork(cards, edges, width, Math.max(240, height - lower))
  const depth = (laid: Layout): number => {
    const { k, ty } = transformOf(fit(laid, canvas), canvas)
    return laid.routes.reduce((most, route) => Math.max(most, (route.lane?.y ?? 0) * k + ty), 0)
  }
  let laid = lay(0)
  let lower = 0
  // A layout lower than the canvas is centred: half of what is taken away comes back as a shift.
  for (let pass = 0; pass < 2; pass++) {
    const over = depth(laid) - (height - LEGEND)
    if (over <= 0) break
    lower += 2 * over
    laid = lay(lower)
  }
  return laid
}
