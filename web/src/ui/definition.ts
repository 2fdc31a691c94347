/** Definition: what a number means, and how to read it. */

export interface Definition {
  readonly name: string
  /** One sentence. */
  readonly says: string
  readonly formula?: string
  readonly range?: string
  /** How to read it. */
  readonly reading?: string
  readonly reference?: string
}

export const define = (name: string, says: string, rest: Omit<Definition, "name" | "says"> = {}): Definition => ({ name, says, ...rest })
