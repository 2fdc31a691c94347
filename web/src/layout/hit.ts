/** Hit testing: the layout formula inverted, no search structure. */

import type { Column, LayerBox, Place } from "./model"

/** Content pixels that names reach out to beside their units, and their height. */
const NAMES = 110
const NAME_HEIGHT = 18

/** The column nearest to x, if it is within `slack`. */
function columnAt(columns: readonly Column[], x: number, slack: number): Column | undefined {
  let low = 0
  let high = columns.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (columns[middle]!.right < x) low = middle + 1
    else high = middle
  }
  const before = columns[low - 1]
  const after = columns[low]
  const toBefore = before ? x - before.right : Infinity
  const toAfter = after ? Math.max(0, after.left - x) : Infinity
  return Math.min(toBefore, toAfter) > slack ? undefined : toBefore < toAfter ? before : after
}

/** The first column for a point before it, the last for one beyond it: their names stand there. */
function outermost(columns: readonly Column[], x: number): Column | undefined {
  const [first, last] = [columns[0], columns.at(-1)]
  return first && x < first.left ? first : last && x > last.right ? last : undefined
}

function unitAt(box: LayerBox, x: number, y: number, slack: number): number | null {
  const row = Math.min(Math.ceil(box.units / box.across) - 1, Math.max(0, Math.round((y - box.y0) / box.pitch)))
  const place = Math.min(box.across - 1, Math.max(0, Math.round((x - box.x0) / box.pitch)))
  const unit = row * box.across + place
  if (unit >= box.units) return null
  const dx = x - (box.x0 + place * box.pitch)
  const dy = y - (box.y0 + row * box.pitch)
  const reach = box.radius + slack
  if (box.mode === "cells") return Math.abs(dx) <= Math.max(reach, box.pitch / 2) && Math.abs(dy) <= Math.max(reach, box.pitch / 2) ? unit : null
  return Math.abs(dx) <= reach && Math.abs(dy) <= Math.min(reach, Math.max(box.pitch / 2, box.radius)) ? unit : null
}

/** The unit whose name a point lies on: names stand between the layer and the rim. */
function namedAt(box: LayerBox, x: number, y: number): number | null {
  const beside = box.labels === "left" ? x < box.left : box.labels === "right" && x > box.right
  if (!beside || Math.abs(x - box.x) > NAMES + box.radius) return null
  const unit = Math.min(box.units - 1, Math.max(0, Math.round((y - box.y0) / box.pitch)))
  return Math.abs(y - (box.y0 + unit * box.pitch)) <= NAME_HEIGHT / 2 ? unit : null
}

/** The unit at a content point, or null; its name beside it counts as the unit. */
export function hitLayout(columns: readonly Column[], boxes: readonly LayerBox[], x: number, y: number, slack = 4): Place | null {
  const column = columnAt(columns, x, slack) ?? outermost(columns, x)
  if (!column) return null
  for (const layer of column.layers) {
    const box = boxes[layer]!
    if (y < box.top - slack || y > box.bottom + slack || box.units === 0) continue
    const unit = unitAt(box, x, y, slack) ?? namedAt(box, x, y)
    if (unit !== null) return { layer, unit }
  }
  return null
}
