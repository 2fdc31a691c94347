/** Events, and values that an element and a state hold together. */

import { chosen, init_select, select_option } from "./attributes"
import { effect, outside, render, teardown } from "./effects"
import { untrack } from "./signals"

type Get<T> = () => T
type Set<T> = (value: T) => void

export function event<E extends Event>(name: string, target: EventTarget, handler: ((event: E) => void) | undefined, capture?: boolean, passive?: boolean): void {
  const listener = function (this: unknown, event: Event): void {
    outside(() => handler?.call(this, event as E))
  }
  const options = { ...(capture ? { capture } : {}), ...(passive === undefined ? {} : { passive }) }
  target.addEventListener(name, listener, options)
  if (target === window || target === document) teardown(() => target.removeEventListener(name, listener, options))
}

export const delegated = event
export const delegate = (): void => undefined

export function action<P>(node: Element, run: (node: Element, value: P | undefined) => { update?(value: P): void; destroy?(): void } | void, get?: Get<P>): void {
  effect(() => {
    const made = untrack(() => run(node, get?.()))
    let first = true
    if (get && made?.update) {
      render(() => {
        const value = get()
        if (!first) made.update!(value)
        first = false
      })
    }
    return made?.destroy && (() => made.destroy!())
  })
}

export function bind_this<T extends object>(found: T | undefined, put: Set<T | null>, get: Get<T | null>): T {
  const one = found ?? ({} as T)
  effect(() => {
    untrack(() => put(one))
    return () => void (get() === one && put(null))
  })
  return one
}

export function bind_value(input: HTMLInputElement, get: Get<unknown>, put: Set<unknown>): void {
  const typed = (): unknown => (/^(number|range)$/.test(input.type) ? (input.value === "" ? null : Number(input.value)) : input.value)
  event("input", input, () => put(typed()))
  render(() => {
    const value = get()
    if (value !== typed()) input.value = String(value ?? "")
  })
}

export function bind_checked(input: HTMLInputElement, get: Get<boolean>, put: Set<boolean>): void {
  event("change", input, () => put(input.checked))
  render(() => void (input.checked = get()))
}

export function bind_select_value(select: HTMLSelectElement & { __value?: unknown }, get: Get<unknown>, put: Set<unknown>): void {
  event("change", select, () => put((select.__value = chosen(select))))
  effect(() => select_option(select, (select.__value = get())))
  init_select(select)
}

export function bind_property(name: string, type: string, element: Element, put: Set<unknown>, get: Get<unknown>): void {
  event(type, element, () => put((element as unknown as Record<string, unknown>)[name]))
  render(() => void Object.assign(element, { [name]: get() }))
}

export function bind_element_size(element: Element, name: "clientWidth" | "clientHeight", put: Set<number>): void {
  const look = (): void => put(element[name])
  const observer = new ResizeObserver(look)
  observer.observe(element)
  effect(() => {
    untrack(look)
    return () => observer.disconnect()
  })
}
