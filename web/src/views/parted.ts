/** Parted: the column that classes are shown by, chosen once for every part of the page. */

import { type Parting, partings } from "./classes"
import type { Explorer } from "./explorer.svelte"

export interface Parted {
  readonly all: readonly Parting[]
  readonly parting: Parting | null
}

/** What was chosen, else what the analyses took, else the label, else the first. */
export function partedOf(explorer: Explorer): Parted {
  const { task } = explorer.manifest
  const all = explorer.columns ? partings(explorer.engine.samples, task.classes ? [task.label, "prediction"] : []) : []
  const usual = [explorer.classesBy, explorer.understanding.selectivity[0]?.params["column"], task.label]
  const column = usual.find((name) => all.some((one) => one.column === name)) ?? all[0]?.column
  return { all, parting: all.find((one) => one.column === column) ?? null }
}

/** So many classes are drawn at most; the table has them all. */
const DRAWN = 20

/** Those of the highest `by` where there are more than can be drawn, and what is said of the rest. */
export function drawn<T>(rows: readonly T[], by: (row: T) => number, what: string): { readonly rows: readonly T[]; readonly rest: string } {
  if (rows.length <= DRAWN) return { rows, rest: "" }
  const first = [...rows].sort((one, other) => (by(other) || 0) - (by(one) || 0)).slice(0, DRAWN)
  return { rows: first, rest: `The ${DRAWN} of ${rows.length} ${what}; the table has all.` }
}
