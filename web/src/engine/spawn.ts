/** The inlined Worker of the page. */

import Calculation from "./worker?worker&inline"
import type { WorkerLike } from "./host"

export function spawnWorker(): WorkerLike {
  return new Calculation({ name: "neuronaut" }) as WorkerLike
}
