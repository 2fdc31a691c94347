/** Filters: what the engine needs of the filter language, and what it makes of a filter's text. */

import type { FilterProblem } from "./api"
import type { SampleColumn } from "./samples"

/** A filter that could be read. */
export interface ReadFilter {
  /** The one text that all spellings of this filter share. */
  readonly canonical: string
  /** Units whose activations it asks for. */
  readonly activations: readonly { readonly layer: string; readonly unit: number }[]
  /** 1 where selected. Throws FilterError when the filter does not fit the columns. */
  mask(): Uint8Array
}

/** Answers `@act("layer", unit)`; null while it is not there. */
export type ActivationColumn = (layer: string, unit: number) => Float32Array | null

/** Reads a filter over these columns. Throws FilterError. */
export type FilterLanguage = (
  columns: ReadonlyMap<string, SampleColumn>,
  rows: number,
  activation: ActivationColumn,
) => (expression: string) => ReadFilter

/** A filter that cannot be used, with the characters that are to blame. */
export class FilterError extends Error {
  override name = "FilterError"
  readonly problem: FilterProblem

  constructor(problem: FilterProblem) {
    super(problem.message)
    this.problem = problem
  }
}
