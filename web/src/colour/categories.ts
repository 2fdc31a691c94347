/** Categories: at most seven hues that every kind of colour vision tells apart (Okabe and Ito), then "other". */

import { type Colour, mix, parseHex } from "./oklab"
import { type Theme, TOKENS } from "./tokens"

const HUES = ["#56b4e9", "#e69f00", "#009e73", "#d55e00", "#0072b2", "#cc79a7", "#f0e442"].map(parseHex)
/** On white the light ones need to be darker. */
const HUES_LIGHT = ["#3a9bd6", "#c98800", "#009e73", "#d55e00", "#0072b2", "#b8568c", "#b5a800"].map(parseHex)

export const CATEGORIES = HUES.length

/** A category in full colour; the eighth and on are grey. */
export function categorical(category: number, theme: Theme): Colour {
  return (theme === "dark" ? HUES : HUES_LIGHT)[category] ?? parseHex(TOKENS[theme].tertiary)
}

/** The same, fading into the neutral as `strength` falls from 1 to 0. */
export function faded(category: number, strength: number, theme: Theme): Colour {
  return mix(parseHex(TOKENS[theme].active), categorical(category, theme), Math.min(1, Math.max(0, strength)))
}
