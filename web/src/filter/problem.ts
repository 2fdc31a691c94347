/** What is wrong with a filter, and where. Positions and lengths are 0-based code points, as in Python. */

export type ProblemKind =
  | "length" | "character" | "number" | "escape" | "unclosed" | "end" | "syntax" | "list" | "function" | "arguments"
  | "depth" | "size" | "column" | "type" | "activation" // prettier-ignore

export class FilterProblem extends Error {
  override readonly name = "FilterProblem"
  constructor(
    readonly kind: ProblemKind,
    message: string,
    readonly position: number,
    readonly length = 1,
    /** Replaces the piece at `position`; for kind `unclosed` it is to be added instead. */
    readonly suggestion: string | null = null,
  ) {
    super(message)
  }
}

/** A thing that looks like a mistake although it can be computed; explains an empty result. */
export interface Hint {
  /** A text that never occurs, a number no row reaches, a comparison that is never true, parts with no row in common. */
  readonly kind: "value" | "range" | "null" | "apart"
  readonly message: string
  readonly position: number
  readonly length: number
  readonly suggestion: string | null
}
