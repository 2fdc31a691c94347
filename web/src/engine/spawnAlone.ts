/** A Worker with a script of its own, inlined: a notebook's widget does not know its own text. */

import type { WorkerLike } from "./host"
import Calculation from "./workerAlone?worker&inline"

export function spawnWorkerAlone(): WorkerLike {
  return new Calculation({ name: "neuronaut" }) as WorkerLike
}
