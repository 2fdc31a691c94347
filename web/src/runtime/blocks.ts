/** The parts of a page that come and go: {#if}, {#key}, {#each}, snippets and components. */

import { block, branch, destroy, nodesOf, type Effect } from "./effects"
import { set, state, type Signal } from "./signals"

type Render = (anchor: ChildNode) => void

/** Shows what belongs to `key` in place of what was shown before. */
function switching(anchor: ChildNode): (key: unknown, render: Render | null | undefined) => void {
  let shown: Effect | null = null
  let of: unknown = switching
  return (key, render) => {
    if (Object.is(key, of)) return
    of = key
    const before = shown
    shown = render ? branch(() => render(anchor)) : null
    if (before) destroy(before)
  }
}

export function if_block(anchor: ChildNode, choose: (render: (render: Render, key?: number) => void) => void): void {
  const show = switching(anchor)
  block(() => {
    let chosen: [number, Render | null] = [-1, null]
    choose((render, key = 0) => (chosen = [key, render]))
    show(...chosen)
  })
}

export function key(anchor: ChildNode, of: () => unknown, render: Render): void {
  const show = switching(anchor)
  block(() => show(of(), render))
}

export function component<C>(anchor: ChildNode, of: () => C | null | undefined, render: (anchor: ChildNode, component: C) => void): void {
  const show = switching(anchor)
  block(() => {
    const found = of()
    show(found, found && ((place) => render(place, found)))
  })
}

export function snippet<A extends unknown[]>(anchor: ChildNode, of: () => ((anchor: ChildNode, ...args: A) => void) | null | undefined, ...args: A): void {
  component(anchor, of, (place, found) => found(place, ...args))
}

export const head = (_: string, render: Render): void => void branch(() => render(document.head.appendChild(document.createTextNode(""))))

const REACTIVE = 1
const INDEXED = 2
const CONTROLLED = 4

interface Item<T> {
  readonly effect: Effect
  readonly value: Signal<T> | null
  readonly index: Signal<number> | null
  /** Its place in the list as it was drawn last. */
  place: number
}

/** For `{#each}` without a key. */
export const index = (_: unknown, at: number): number => at

export function each<T>(
  node: Node,
  flags: number,
  collection: () => Iterable<T> | ArrayLike<T> | null | undefined,
  keyOf: (value: T, at: number) => unknown,
  render: (anchor: ChildNode, value: T | Signal<T>, index: number | Signal<number>) => void,
  otherwise?: Render,
): void {
  const anchor = flags & CONTROLLED ? node.appendChild(document.createTextNode("")) : (node as ChildNode)
  const empty = switching(anchor)
  let items = new Map<unknown, Item<T>>()
  const make = (value: T, place: number, before: ChildNode): Item<T> => {
    const [held, index] = [flags & REACTIVE ? state(value) : null, flags & INDEXED ? state(place) : null]
    return { value: held, index, place, effect: branch(() => render(before, held ?? value, index ?? place)) }
  }
  block(() => {
    const list = Array.from(collection() ?? [])
    const keys = list.map(keyOf)
    const wanted = new Set(keys)
    if (wanted.size < keys.length) throw new Error("Two entries of a list have one key.")
    for (const [key, { effect }] of items) if (!wanted.has(key)) destroy(effect)
    const still = rising(keys.flatMap((key) => items.get(key)?.place ?? []))
    const after: ChildNode[] = []
    keys.reduceRight((next: ChildNode, key, place) => {
      after[place] = next
      const item = items.get(key)
      return (item && still.has(item.place) && item.effect.start) || next
    }, anchor)
    items = new Map(
      keys.map((key, place) => {
        const value = list[place]!
        const item = items.get(key) ?? make(value, place, after[place]!)
        if (items.has(key)) {
          if (!still.has(item.place)) after[place]!.before(...nodesOf(item.effect))
          if (item.value) set(item.value, value)
          if (item.index) set(item.index, place)
          item.place = place
        }
        return [key, item]
      }),
    )
    empty(list.length === 0, list.length === 0 ? otherwise : null)
  })
}

/** The longest part of the sequence that rises: these may stay where they are while the others move. */
export function rising(places: readonly number[]): ReadonlySet<number> {
  const ends: number[] = []
  const before = new Map<number, number | undefined>()
  for (const place of places) {
    let low = 0
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1
      if (ends[middle]! < place) low = middle + 1
      else high = middle
    }
    before.set(place, ends[low - 1])
    ends[low] = place
  }
  const found = new Set<number>()
  for (let place = ends.at(-1); place !== undefined; place = before.get(place)) found.add(place)
  return found
}
