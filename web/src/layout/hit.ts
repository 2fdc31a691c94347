/** Hit testing: the layout formula inverted, no search structure. */

import type { Column, LayerBox, Place } from "./model"

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

/** The unit at a content point, or null. */
export function hitLayout(columns: readonly Column[], boxes: readonly LayerBox[], x: number, y: number, slack = 4): Place | null {
  const column = columnAt(columns, x, slack)
  if (!column) return null
  for (const layer of column.layers) {
    const box = boxes[layer]!
    if (y < box.top - slack || y > box.bottom + slack || box.units === 0) continue
    const unit = unitAt(box, x, y, slack)
    if (unit !== null) return { layer, unit }
  }
  return null
}
