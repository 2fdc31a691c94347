/** Place: where a tooltip covers least of what it explains. Pure. */

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Something better left in sight, and how much it costs to cover it. */
export interface Kept extends Box {
  readonly cost: number
}

export interface Area {
  readonly width: number
  readonly height: number
}

export interface Unit {
  readonly x: number
  readonly y: number
  readonly r: number
}

/** Costs: the unit itself is never covered, outputs only when nothing else is left. */
export const COST = { unit: 1e6, output: 1e3, touched: 20 } as const

const GAP = 12
const RIM = 8
const STEP = 12
/** What a pixel away from the usual place, and the other side, cost. */
const FAR = 0.12
const OTHER_SIDE = 8

function overlap(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}

/** Left top corner of a tooltip beside a unit, by preference just below it on its left, inside `room`. */
export function placeTip(unit: Unit, tip: Area, room: Box, kept: readonly Kept[]): { readonly left: number; readonly top: number } {
  const own: Kept = { left: unit.x - unit.r - 4, top: unit.y - unit.r - 4, right: unit.x + unit.r + 4, bottom: unit.y + unit.r + 4, cost: COST.unit }
  const all = [own, ...kept]
  const most = { left: Math.max(room.left, room.right - tip.width - RIM), top: Math.max(room.top, room.bottom - tip.height - RIM) }
  const least = { left: Math.min(most.left, room.left + RIM), top: Math.min(most.top, room.top + RIM) }
  const before = unit.x - unit.r - GAP - tip.width
  const after = unit.x + unit.r + GAP
  const leftIsUsual = unit.x < room.left + (room.right - room.left) * 0.62
  const usual = leftIsUsual ? before : after
  const lefts = [before, after, unit.x - tip.width / 2].map((left) => Math.min(most.left, Math.max(least.left, left)))
  const wanted = unit.y + 20
  const tops = [Math.min(most.top, Math.max(least.top, wanted)), most.top]
  for (let top = least.top; top < most.top; top += STEP) tops.push(top)
  let best = { left: lefts[0]!, top: tops[0]!, cost: Infinity }
  for (const left of lefts) {
    for (const top of tops) {
      const box = { left, top, right: left + tip.width, bottom: top + tip.height }
      let cost = FAR * Math.abs(top - wanted) + (Math.abs(left - usual) < 1 ? 0 : OTHER_SIDE + FAR * Math.max(0, left - after, before - left))
      for (const one of all) if (overlap(box, one)) cost += one.cost
      if (cost < best.cost) best = { left, top, cost }
    }
  }
  return { left: best.left, top: best.top }
}
