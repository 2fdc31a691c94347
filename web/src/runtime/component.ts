/** Components: how one begins and ends, what it is given, and what it does when it stands in the page. */

import { branch, destroy, effect, flush, render, type Effect } from "./effects"
import { derived, get, set, state, untrack } from "./signals"

type Run = () => (() => void) | void
type Props = Record<string, unknown>
type Component = (anchor: ChildNode, props: Props) => object | undefined

/** The effects of the component that is being made: they come after those of what stands in it. */
let pending: Run[] | null = null
const enclosing: (Run[] | null)[] = []

export function push(): void {
  enclosing.push(pending)
  pending = []
}

export function pop<T extends object>(exported?: T): T | undefined {
  const mine = pending!
  pending = enclosing.pop()!
  mine.forEach(effect)
  return exported
}

export function user_effect(run: Run): void {
  if (pending) pending.push(run)
  else effect(run)
}

export const onMount = (run: Run): void => user_effect(() => untrack(run))

/** Draws again when one of `values` is another. */
export function template_effect(draw: (...values: unknown[]) => void, values: (() => unknown)[] = []): void {
  const held = values.map(derived)
  render(() => draw(...held.map(get)))
}

export function deferred_template_effect(draw: (...values: unknown[]) => void, values: (() => unknown)[] = []): void {
  const held = values.map(derived)
  effect(() => draw(...held.map(get)))
}

const LAZY = 16

/** One of the props, or what stands for it; a component of this app changes what a prop holds, never the prop. */
export function prop<T>(props: Props, name: string, flags: number, fallback?: T | (() => T)): () => T {
  let lazy: { value: T } | undefined
  const other = (): T => (flags & LAZY ? (lazy ??= { value: (fallback as () => T)() }).value : (fallback as T))
  return (...written: unknown[]) => (written.length > 0 ? (written[0] as T) : props[name] === undefined ? other() : (props[name] as T))
}

const mounted = new WeakMap<object, Effect>()

export function mount(make: Component, { target, props = {} }: { target: Element; props?: Props }): object {
  let made: object = {}
  const anchor = target.appendChild(document.createTextNode(""))
  const root = branch(() => {
    made = make(anchor, props) ?? made
    return () => anchor.remove()
  })
  mounted.set(made, root)
  return made
}

export async function unmount(made: object): Promise<void> {
  const root = mounted.get(made)
  if (root) destroy(root)
}

export async function tick(): Promise<void> {
  await Promise.resolve()
  flush()
}

let ids = 0
export const props_id = (): string => `c${++ids}`

export const to_array = <T>(values: Iterable<T>): readonly T[] => (Array.isArray(values) ? values : [...values])

export const noop = (): void => undefined

export { state, set }
