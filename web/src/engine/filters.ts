/** Filters: the filter language over the samples of a page. */

import type { Column, Columns } from "../filter/columns"
import { activationsOf, evaluate, namesOf } from "../filter/eval"
import { hints } from "../filter/hints"
import type { Node } from "../filter/nodes"
import { parse } from "../filter/parse"
import { FilterProblem as Problem } from "../filter/problem"
import { textOf } from "../filter/text"
import type { FilterHint, FilterProblem } from "./api"

/** A filter that cannot be used, with the characters that are to blame. */
export class FilterError extends Error {
  override name = "FilterError"
  readonly problem: FilterProblem

  constructor(problem: FilterProblem) {
    super(problem.message)
    this.problem = problem
  }
}

/** A filter that could be read. */
export interface ReadFilter {
  /** null selects every row. */
  readonly node: Node | null
  readonly source: string
  /** The one text that all spellings of this filter share; empty for every row. */
  readonly canonical: string
}

/** Reads a filter; nothing at all selects every row. Throws FilterError. */
export function readFilter(expression: string | null): ReadFilter {
  const source = expression ?? ""
  if (source.trim() === "") return { node: null, source, canonical: "" }
  return guarded(source, () => {
    const node = parse(source)
    return { node, source, canonical: textOf(node) }
  })
}

/** 1 for each row the filter selects. Throws FilterError when it does not fit the columns. */
export function maskOf(filter: ReadFilter, columns: Columns): Uint8Array {
  const { node, source } = filter
  return node === null ? new Uint8Array(columns.n).fill(1) : guarded(source, () => evaluate(node, columns))
}

/** 1 for each row the filter is false for; of a row it has no answer for it says nothing either way. */
export function oppositeOf(filter: ReadFilter, columns: Columns): Uint8Array {
  const { node, source } = filter
  if (node === null) return new Uint8Array(columns.n)
  return guarded(source, () => evaluate({ kind: "not", operand: node, at: node.at, length: node.length }, columns))
}

/** Why a filter may select nothing. */
export function hintsOf(filter: ReadFilter, columns: Columns): FilterHint[] {
  if (filter.node === null) return []
  return hints(filter.node, columns).map(({ message, position, length, suggestion }) => ({
    message,
    ...span(filter.source, position, length),
    suggestion,
  }))
}

/** Units whose activations a filter asks for. */
export function activationsIn(filter: ReadFilter): { layer: string; unit: number }[] {
  return filter.node === null ? [] : activationsOf(filter.node)
}

/** Columns it asks for. */
export function columnsIn(filter: ReadFilter): string[] {
  return filter.node === null ? [] : namesOf(filter.node)
}

export type { Column, Columns }

function guarded<T>(source: string, work: () => T): T {
  try {
    return work()
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const { message, position, length, suggestion } = problem
    throw new FilterError({ message, ...span(source, position, length), suggestion })
  }
}

/** The language counts code points; text fields count UTF-16 units. */
function span(source: string, position: number, length: number): { start: number; end: number } {
  const signs = Array.from(source)
  const start = signs.slice(0, position).join("").length
  return { start, end: start + signs.slice(position, position + length).join("").length }
}

/** The one spelling of a filter; null of what is none. */
export function canonicalOf(expression: string): string | null {
  try {
    return readFilter(expression).canonical
  } catch {
    return null
  }
}
