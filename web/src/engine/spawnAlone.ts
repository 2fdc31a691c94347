/** A notebook knows no address of the widget: its Worker runs the widget's own text, which is one function (vite/cell.ts). */

import type { WorkerLike } from "./host"

declare const neuronautApp: () => unknown

export function spawnWorkerAlone(): WorkerLike {
  const text = `(${String(neuronautApp)})()`
  return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })), { name: "neuronaut" }) as WorkerLike
}
