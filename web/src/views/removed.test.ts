import { flushSync, mount, tick, unmount } from "svelte"
import { afterEach, beforeEach, expect, test, vi } from "vitest"
import type { Explorer } from "./explorer.svelte"
import FilterChip from "./FilterChip.svelte"
import Typed from "./live/Typed.svelte"

const said: unknown[] = []
beforeEach(() => {
  for (const kind of ["warn", "error"] as const) vi.spyOn(console, kind).mockImplementation((text) => void said.push(text))
})
afterEach(() => {
  vi.restoreAllMocks()
  document.body.textContent = ""
  expect(said.splice(0)).toEqual([])
})

function typeInto(input: HTMLInputElement, text: string): void {
  input.focus()
  input.value = text
  input.dispatchEvent(new Event("input", { bubbles: true }))
  flushSync()
}

/** What a browser says of a field with the focus that leaves the page, and what follows from it. */
async function left(input: HTMLInputElement): Promise<void> {
  for (const kind of ["blur", "focusout"]) input.dispatchEvent(new FocusEvent(kind, { bubbles: true }))
  await tick()
}

test.each(["7", "", "-1"])("a number with the focus can go while it says %o", async (text) => {
  const wrong: boolean[] = []
  const typed = mount(Typed, { target: document.body, props: { label: "Row", value: 3, most: 9, onvalue: () => undefined, onwrong: (is) => void wrong.push(is) } })
  const input = document.querySelector("input")!
  typeInto(input, text)
  const going = unmount(typed)
  await left(input)
  await going
  await left(input)
  expect(wrong.at(-1)).toBe(false)
})

test.each(["age > 3", "age >", "later > 3"])("a filter with the focus can go while it says %o", async (text) => {
  let answer: (() => void) | undefined
  const pending = new Promise<void>((resolve) => (answer = resolve))
  const set: (string | null)[] = []
  const explorer = {
    columns: null,
    sides: null,
    manifest: { samples: { unlisted: null, n: 5 }, slices: [] },
    named: [],
    expressionOf: () => null,
    setGroup: (_: string, filter: string | null) => void set.push(filter),
    engine: { mask: (filter: string) => (filter === "age > 3" ? { mask: new Uint8Array(5), n: 0, canonical: filter } : { error: { message: "no", start: 0, end: 1, ...(filter.startsWith("later") ? { pending } : {}) } }) },
  }
  const chip = mount(FilterChip, { target: document.body, props: { explorer: explorer as unknown as Explorer, side: "a" } })
  flushSync()
  const input = document.querySelector("input")!
  typeInto(input, text)
  const going = unmount(chip)
  await left(input)
  await going
  const before = set.length
  answer!()
  await left(input)
  expect(set.length).toBe(before)
})
