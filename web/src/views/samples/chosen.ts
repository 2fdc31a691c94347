/** Chosen: which rows of the table are selected, as the link keeps them and as a filter says them. Pure. */

import type { ColumnCard } from "../../contract/manifest"
import type { Samples } from "../../engine/samples"

/** These rows; or, where `all`, every row that is listed but these. */
export interface Chosen {
  readonly all: boolean
  readonly rows: ReadonlySet<number>
}

export const NONE: Chosen = { all: false, rows: new Set() }
export const ALL: Chosen = { all: true, rows: new Set() }

/** Of a row that is listed. */
export const isChosen = ({ all, rows }: Chosen, row: number): boolean => all !== rows.has(row)

/** The same but that these rows are chosen, or are not. */
export function choosing(chosen: Chosen, some: Iterable<number>, on: boolean): Chosen {
  const rows = new Set(chosen.rows)
  for (const row of some) {
    if (on === chosen.all) rows.delete(row)
    else rows.add(row)
  }
  return { all: chosen.all, rows }
}

/** As the link keeps it: `3-7 12`, `all`, `all 4`. */
export function chosenText({ all, rows }: Chosen): string | null {
  const runs = runsOf(rows).map(([from, to]) => (from === to ? String(from) : `${from}-${to}`))
  return [...(all ? ["all"] : []), ...runs].join(" ") || null
}

/** The same, read; rows that are not there are left out. */
export function chosenOf(text: string | undefined, n: number): Chosen {
  const rows = new Set<number>()
  const parts = (text ?? "").split(" ")
  for (const part of parts) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (from === undefined) continue
    for (let row = Number(from); row <= Math.min(n - 1, Number(to ?? from)); row++) rows.add(row)
  }
  return { all: parts[0] === "all", rows }
}

/** Whether it is the whole listing. */
export const isWhole = ({ all, rows }: Chosen): boolean => all && rows.size === 0

/** A filter that selects the chosen of the `listing` (null: every sample); null when `sample` is a column of the user's. */
export function filterOf(chosen: Chosen, listing: string | null, samples: Samples, cards: readonly ColumnCard[]): string | null {
  const { all, rows } = chosen
  if (isWhole(chosen)) return listing ?? "true"
  if (cards.some((card) => card.name === "sample" && card.source === "metadata")) return null
  const these = idsText([...rows].map((row) => samples.ids[row]!))
  return all ? [...(listing === null ? [] : [`(${listing})`]), `not (${these})`].join(" and ") : these
}

/** Ids in runs where three or more follow each other: `sample in [2, 9] or 11 <= sample <= 80`. */
function idsText(ids: readonly number[]): string {
  const runs = runsOf(ids)
  const long = runs.filter(([from, to]) => to - from > 1)
  const single = runs.filter((run) => !long.includes(run)).flatMap(([from, to]) => (from === to ? [from] : [from, to]))
  return [...(single.length > 0 ? [`sample in [${single.join(", ")}]`] : []), ...long.map(([from, to]) => `${from} <= sample <= ${to}`)].join(" or ")
}

function runsOf(numbers: Iterable<number>): [number, number][] {
  const runs: [number, number][] = []
  for (const one of Float64Array.from(numbers).sort()) {
    const run = runs.at(-1)
    if (run && one <= run[1] + 1) run[1] = one
    else runs.push([one, one])
  }
  return runs
}
