/** The browser's window as the state sees it. */

import type { Host } from "./state"

export function browserWindow(target: Window): Host {
  return {
    hash: () => target.location.hash,
    push: (hash) => attempt(() => target.history.pushState(null, "", hash)),
    replace: (hash) => attempt(() => target.history.replaceState(null, "", hash)),
    onNavigate: (listener) => {
      target.addEventListener("popstate", listener)
      return () => target.removeEventListener("popstate", listener)
    },
    after: (milliseconds, run) => {
      const timer = target.setTimeout(run, milliseconds)
      return () => target.clearTimeout(timer)
    },
  }
}

/** A page without an address of its own, such as a notebook's frame, has no history either: there the view is only shown. */
function attempt(write: () => void): void {
  try {
    write()
  } catch {
    return
  }
}
