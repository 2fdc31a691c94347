/** State: the one View of the page, kept in the URL; views read it and ask for changes through `update`. */

import { decodeView, encodeView, type Known, MAX_LINK, sameOwn, samePins } from "./url"
import type { View } from "./view"

/** What the state needs of a browser window; tests hand in their own. */
export interface Host {
  readonly hash: () => string
  readonly push: (hash: string) => void
  readonly replace: (hash: string) => void
  readonly onNavigate: (listener: () => void) => () => void
  readonly after: (milliseconds: number, run: () => void) => () => void
}

export type Listener = (view: View, previous: View) => void

/** Continuous changes are written to the URL at most this often, in milliseconds. */
const THROTTLE = 250

export interface State {
  readonly view: View
  /** Changes the view. `continuous` (typing, panning) replaces the history entry, else Back returns here. */
  update(patch: Partial<View>, continuous?: boolean): void
  subscribe(listener: Listener): () => void
  /** Why the link that opened the page could not be followed fully; emptied by reading. */
  takeMessages(): readonly string[]
  /** The current link's hash, and whether it is short enough to share as a link. */
  link(): { readonly hash: string; readonly short: boolean }
  close(): void
}

/** A state that starts at the window's hash. */
export function createState(base: View, known: Known, window: Host): State {
  const listeners = new Set<Listener>()
  let messages: readonly string[] = []
  let cancel: (() => void) | null = null
  const read = (): View => {
    const decoded = decodeView(window.hash(), base, known)
    messages = [...messages, ...decoded.messages]
    return decoded.view
  }
  let view = read()

  const show = (next: View): void => {
    const previous = view
    view = next
    for (const listener of [...listeners]) listener(view, previous)
  }
  const write = (put: (hash: string) => void): void => {
    cancel?.()
    cancel = null
    const hash = encodeView(view, base)
    if (hash.length <= MAX_LINK) put(hash)
  }
  const leave = window.onNavigate(() => {
    cancel?.()
    cancel = null
    show(read())
  })

  return {
    get view() {
      return view
    },
    update(patch, continuous = false) {
      const next = Object.freeze({ ...view, ...patch })
      if (sameView(next, view)) return
      if (!continuous && cancel) write(window.replace)
      show(next)
      if (!continuous) write(window.push)
      else cancel ??= window.after(THROTTLE, () => write(window.replace))
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    takeMessages() {
      const taken = messages
      messages = []
      return taken
    },
    link() {
      // A theme is its reader's own.
      const hash = encodeView({ ...view, theme: base.theme }, base)
      return { hash, short: hash.length <= MAX_LINK }
    },
    close() {
      cancel?.()
      leave()
      listeners.clear()
    },
  }
}

function sameView(one: View, other: View): boolean {
  return (Object.keys(one) as (keyof View)[]).every((key) => one[key] === other[key] || ((key === "pins" || key === "slices" || key === "open") && samePins(one[key], other[key])) || (key === "own" && sameOwn(one.own, other.own)))
}
