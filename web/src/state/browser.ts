/** The browser's window as the state sees it. */

import type { Host } from "./state"

export function browserWindow(target: Window): Host {
  return {
    hash: () => target.location.hash,
    push: (hash) => target.history.pushState(null, "", hash),
    replace: (hash) => target.history.replaceState(null, "", hash),
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
