/** Parted: the column that classes are shown by, chosen once for every part of the page. */

import { type Parting, partings } from "./classes"
import type { Explorer } from "./explorer.svelte"

export interface Parted {
  readonly all: readonly Parting[]
  readonly parting: Parting | null
}

/** What was chosen, else what the analyses took, else the label, else the first. */
export function partedOf(explorer: Explorer): Parted {
  const all = explorer.columns ? partings(explorer.engine.samples) : []
  const usual = [explorer.classesBy, explorer.understanding.selectivity[0]?.params["column"], explorer.manifest.task.label]
  const column = usual.find((name) => all.some((one) => one.column === name)) ?? all[0]?.column
  return { all, parting: all.find((one) => one.column === column) ?? null }
}
