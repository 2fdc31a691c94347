/** Surroundings: where the app stands, in a window of its own or in a notebook's cell. */

import { browserWindow } from "./browser"
import type { Host } from "./state"
import type { Theme } from "./view"

export interface Surroundings {
  /** Keeps the link to the view. */
  readonly host: Host
  /** Whether the window is the app's own: its title, its address, and keys pressed anywhere in it. */
  readonly alone: boolean
  /** What stands before the hash in a link to the view; empty where the page has no address. */
  address(): string
  /** Shows another recording in the same place; without it the window goes to its address. */
  visit?(recording: string, hash: string): void
  theme(): Theme
  onTheme(listener: () => void): () => void
}

export function ownWindow(target: Window): Surroundings {
  const media = target.matchMedia("(prefers-color-scheme: light)")
  return {
    host: browserWindow(target),
    alone: true,
    address: () => (target.location.protocol === "about:" ? "" : target.location.href.split("#")[0]!),
    theme: () => (media.matches ? "light" : "dark"),
    onTheme: (listener) => {
      media.addEventListener("change", listener)
      return () => media.removeEventListener("change", listener)
    },
  }
}
