/** Known: what analyses say of units, as a colour and a mark: health, and the class a unit tells best. Pure. */

import { categorical, CATEGORIES, faded } from "../colour/categories"
import type { Colour } from "../colour/oklab"
import type { Theme } from "../colour/tokens"
import type { Result } from "../engine/results"
import { membersOf, type Slots } from "../layout/slots"
import { ALWAYS, CONSTANT, DEAD, DORMANT, NEUTRAL, NONFINITE, OPEN, SATURATED, VALUE } from "./paint"

/** One entry of the legend: what it is called, how it looks, how many units. */
export interface Kind {
  readonly name: string
  readonly colour: Colour
  readonly mark: number
  /** Which notch of the rim is its own, from 1 on; 0 is none. */
  readonly notch: number
  readonly count: number
}

export interface Look {
  readonly colour: Colour
  readonly mark: number
  readonly notch: number
}

const QUIET = CATEGORIES
const NOTHING: Look = { colour: -1, mark: NEUTRAL, notch: 0 }

const HEALTH: Readonly<Record<string, readonly [mark: number, category: number]>> = {
  ok: [VALUE, QUIET],
  dead: [DEAD, -1],
  dormant: [DORMANT, 0],
  constant: [CONSTANT, 1],
  saturated: [SATURATED, 3],
  "always on": [ALWAYS, 2],
}

export function healthLook(status: string, theme: Theme): Look {
  const known = HEALTH[status]
  if (!known) return status === "" ? NOTHING : { colour: -1, mark: NONFINITE, notch: 0 }
  return { colour: known[1] < 0 ? -1 : known[1] === QUIET ? faded(QUIET, 0.5, theme) : categorical(known[1], theme), mark: known[0], notch: 0 }
}

/** Statuses that occur, worst first as the analysis names them, with how many units have each. */
export function healthKinds(health: Result, theme: Theme): Kind[] {
  const names = Object.keys(HEALTH)
  const counts = countsOf(health, "status")
  const all = [...new Set([...names.slice(1), "ok", ...counts.keys()])].filter((name) => name !== "" && counts.has(name))
  return all.map((name) => ({ name, ...healthLook(name, theme), count: counts.get(name)! }))
}

/** Classes with a hue of their own: the ten that most units tell best, in the analysis' order. */
export class Classes {
  readonly kinds: readonly Kind[]
  readonly #category = new Map<string, number>()

  constructor(selectivity: Result, theme: Theme) {
    const counts = countsOf(selectivity, "best")
    const named = [...counts.keys()].filter((name) => name !== "")
    const own = new Set([...named].sort((one, other) => counts.get(other)! - counts.get(one)!).slice(0, CATEGORIES))
    named.filter((name) => own.has(name)).forEach((name, place) => this.#category.set(name, place))
    const rest = named.filter((name) => !own.has(name))
    const kind = (name: string, place: number, count: number): Kind => ({ name, colour: categorical(place, theme), mark: VALUE, notch: place + 1, count })
    this.kinds = [
      ...[...this.#category].map(([name, place]) => kind(name, place, counts.get(name)!)),
      ...(rest.length > 0 ? [kind(`${rest.length} others`, CATEGORIES, rest.reduce((sum, name) => sum + counts.get(name)!, 0))] : []),
    ]
  }

  categoryOf(name: string): number {
    return this.#category.get(name) ?? CATEGORIES
  }

  /** A class told surely is in full colour; hollow where it did not hold on the other half of the samples. */
  look(name: string, auroc: number, replicated: boolean, theme: Theme): Look {
    if (name === "" || Number.isNaN(auroc)) return NOTHING
    const category = this.categoryOf(name)
    const strength = (2 * Math.abs(auroc - 0.5)) ** 0.8
    return { colour: faded(category, strength, theme), mark: replicated ? VALUE : OPEN, notch: category + 1 }
  }
}

function countsOf(result: Result, name: string): Map<string, number> {
  const value = result.now(name)
  const counts = new Map<string, number>()
  for (const text of value?.texts ?? []) counts.set(text, 0)
  for (const code of value?.data ?? []) {
    const text = value?.texts?.[code] ?? ""
    counts.set(text, (counts.get(text) ?? 0) + 1)
  }
  for (const [text, count] of counts) if (count === 0) counts.delete(text)
  return counts
}

/** Mean of the finite members of every slot; the values themselves where every unit is a slot. */
export function perSlot(values: Float32Array, slots: Slots | null): Float32Array {
  if (!slots) return values
  return Float32Array.from({ length: slots.count }, (_, slot) => {
    const finite = membersOf(slots, slot).reduce<number[]>((list, unit) => (Number.isFinite(values[unit]) ? [...list, values[unit]!] : list), [])
    return finite.length > 0 ? finite.reduce((sum, value) => sum + value, 0) / finite.length : Number.NaN
  })
}

/** What most members of a slot are; the unit itself where it is alone. */
export function mostOf(slots: Slots | null, slot: number, of: (unit: number) => string): string {
  if (!slots) return of(slot)
  const counts = new Map<string, number>()
  for (const unit of membersOf(slots, slot)) counts.set(of(unit), (counts.get(of(unit)) ?? 0) + 1)
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ["", 0] as [string, number])[0]
}
