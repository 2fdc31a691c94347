/** Slots: what of a layer is drawn where. A slot is one unit, or a group of units that stand side by side in the order. */

export interface Slots {
  readonly count: number
  /** Slot of every unit. */
  readonly of: Uint32Array
  /** The units of slot s: `members[starts[s] .. starts[s + 1]]`. */
  readonly members: Uint32Array
  readonly starts: Uint32Array
}

/** Slots of a layer and the place that each is drawn at; null: every unit is a slot, drawn in the model's order. */
export interface Arranged {
  readonly slots: Slots | null
  /** Slot at a place, and place of a slot; null: they are equal. */
  readonly at: Uint32Array | null
  readonly place: Uint32Array | null
}

export const AS_IT_IS: Arranged = { slots: null, at: null, place: null }

/** Each unit on its own, in an order. */
export function inOrder(order: ArrayLike<number>): Arranged {
  const at = Uint32Array.from(order)
  const place = new Uint32Array(at.length)
  at.forEach((unit, index) => (place[unit] = index))
  return { slots: null, at, place }
}

/** Runs of an order as slots, first to last; the units of the runs in `open` each on their own. */
export function inGroups(order: ArrayLike<number>, starts: readonly number[], open: ReadonlySet<number>): Arranged {
  const members = Uint32Array.from(order)
  const own: number[] = []
  starts.forEach((start, run) => {
    const end = starts[run + 1] ?? members.length
    if (open.has(start)) for (let place = start; place < end; place++) own.push(place)
    else own.push(start)
  })
  const bounds = Uint32Array.from([...own, members.length])
  const of = new Uint32Array(members.length)
  for (let slot = 0; slot < own.length; slot++) for (let place = bounds[slot]!; place < bounds[slot + 1]!; place++) of[members[place]!] = slot
  return { slots: { count: own.length, of, members, starts: bounds }, at: null, place: null }
}

/** The units of a slot. */
export function membersOf(slots: Slots | null, slot: number): Uint32Array {
  return slots ? slots.members.subarray(slots.starts[slot], slots.starts[slot + 1]) : Uint32Array.of(slot)
}
