/** Typed: what may be typed into a field, and which number of the model it is. Pure. */

/** What is wrong with a typed number, in words; empty when nothing is. `most`: only 0 to that, whole. */
export function problemOf(text: string, most: number | null = null): string {
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) return "Type a number."
  if (most !== null && !(Number.isInteger(value) && value >= 0 && value <= most)) return `There are rows 0 to ${most.toLocaleString("en-US")}.`
  return ""
}

/** How a feature follows the metadata column of its name: the model's number is `slope` times the column's plus `intercept`; NaN where it does not. */
export interface Scale {
  readonly slope: number
  readonly intercept: number
}

export const follows = ({ slope }: Scale): boolean => !Number.isNaN(slope)

/** A number of the model as the column has it; one that follows none as it is. Digits that single precision made up are left out. */
export function shownOf(value: number, scale: Scale, digits = 7): number {
  return Number((follows(scale) ? (value - scale.intercept) / scale.slope : value).toPrecision(digits))
}

/** The model's number for what was typed. */
export const typedAs = (typed: number, scale: Scale): number => (follows(scale) ? typed * scale.slope + scale.intercept : typed)
