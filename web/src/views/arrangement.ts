/** Arrangement: how the units of every layer are ordered and grouped. Pure. */

import type { LayerCard } from "../contract/manifest"
import { parseAddress } from "../state/address"
import { runsAlike } from "../layout/runs"
import { type Arranged, inGroups, inOrder } from "../layout/slots"
import type { Orders } from "./order"
import type { Profiles } from "./profiles"

/** A wide layer's order, and where each run of like neighbours starts in it. */
export type Runs = ReadonlyMap<string, { readonly order: ArrayLike<number>; readonly starts: readonly number[] }>

/** Groups that are drawn unit by unit: by layer, the first unit of each. */
export type Opened = ReadonlyMap<string, ReadonlySet<number>>

export const NO_ORDERS: Orders = new Map()

/** The runs of all layers wider than `most`. */
export function runsOf(cards: readonly LayerCard[], orders: Orders, profiles: Profiles, most: number): Runs {
  return new Map(
    cards.flatMap((card) => {
      if (card.units <= most) return []
      const order = orders.get(card.name) ?? Uint32Array.from({ length: card.units }, (_, unit) => unit)
      const { values, width } = profiles.get(card.name) ?? { width: 1, values: new Float32Array(card.units) }
      return [[card.name, { order, starts: runsAlike(values, width, order, most) }] as const]
    }),
  )
}

/** A layer that is not named stands as in the model. */
export function arrangedOf(orders: Orders, runs: Runs, opened: Opened): ReadonlyMap<string, Arranged> {
  const arranged = new Map([...orders].map(([name, order]) => [name, inOrder(order)] as const))
  for (const [name, { order, starts }] of runs) {
    const open = opened.get(name)
    arranged.set(name, inGroups(order, starts, new Set(open ? starts.filter((start) => open.has(order[start]!)) : [])))
  }
  return arranged
}

/** From the addresses of their first units. */
export function openedOf(addresses: readonly string[], layers: { has(name: string): boolean }): Opened {
  const opened = new Map<string, Set<number>>()
  for (const address of addresses) {
    const place = parseAddress(address, layers)
    if (place && place.unit !== null) opened.set(place.layer, (opened.get(place.layer) ?? new Set()).add(place.unit))
  }
  return opened
}
