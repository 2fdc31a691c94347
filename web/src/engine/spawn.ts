/** The page's Worker runs the page's own script: a second copy of the engine would be a sixth of the app. */

import type { WorkerLike } from "./host"

const own = typeof document === "undefined" ? null : document.currentScript

/** Raises where the app was not started as a classic script. */
export function spawnWorker(): WorkerLike {
  if (!(own instanceof HTMLScriptElement)) throw new Error("the app's script is not known")
  const url = own.src || URL.createObjectURL(new Blob([own.text], { type: "text/javascript" }))
  return new Worker(url, { name: "neuronaut" }) as WorkerLike
}
