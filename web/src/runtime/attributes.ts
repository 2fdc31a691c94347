/** What elements carry: attributes, classes, styles, and what is typed or chosen in them. */

import { teardown } from "./effects"

type Held<E> = E & { __value?: unknown; __shown?: unknown }

/** True and false set the property of that name, where there is one; `aria-` words are written out. */
export function set_attribute(element: Element, name: string, value: unknown): void {
  if (typeof value === "boolean" && name in element) Object.assign(element, { [name]: value })
  else if (value === null || value === undefined) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value))
}

type Flags = Readonly<Record<string, unknown>> | undefined

export function set_class(element: Element, _: unknown, value: string | null | undefined, hash?: string | null, _before?: unknown, flags?: Flags): Flags {
  const names = [value, hash, ...Object.keys(flags ?? {}).filter((name) => flags![name])].filter(Boolean)
  set_attribute(element, "class", names.join(" "))
  return flags
}

export const clsx = (value: string | null | undefined): string => value ?? ""

export function set_style(element: HTMLElement | SVGElement, _: unknown, before: Flags, styles: Flags): Flags {
  for (const name in styles) {
    const value = styles[name] ?? ""
    if (before?.[name] !== styles[name] || !before) element.style.setProperty(name, String(value))
  }
  return styles
}

/** What was typed stays until the value itself is another. */
export function set_value(input: Held<HTMLInputElement>, value: unknown): void {
  if (input.__shown === value) return
  input.__shown = value
  if (input.value !== value) input.value = String(value ?? "")
}

export function set_checked(input: Held<HTMLInputElement>, value: boolean): void {
  if (input.__shown !== value) input.checked = Boolean((input.__shown = value))
}

/** Only for pages that come from a server. */
export const remove_input_defaults = (): void => undefined

export function autofocus(element: HTMLElement, value: boolean): void {
  if (value) queueMicrotask(() => document.activeElement === document.body && element.focus())
}

const valueOf = (option: Held<HTMLOptionElement>): unknown => ("__value" in option ? option.__value : option.value)

export function select_option(select: HTMLSelectElement, value: unknown): void {
  select.selectedIndex = [...select.options].findIndex((option) => Object.is(valueOf(option), value))
}

export function chosen(select: HTMLSelectElement): unknown {
  const option = select.selectedOptions[0]
  return option && valueOf(option)
}

/** Options that come later are chosen as well. */
export function init_select(select: Held<HTMLSelectElement>): void {
  const observer = new MutationObserver(() => "__value" in select && select_option(select, select.__value))
  observer.observe(select, { childList: true, subtree: true, attributes: true, attributeFilter: ["value"] })
  teardown(() => observer.disconnect())
}
