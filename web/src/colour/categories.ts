/**
 * Categories: ten colours that every kind of colour vision tells apart, then "others" in grey. Beside its colour each has
 * a place of its own on the rim of a unit, and its name in the legend.
 *
 * Found by a search over sRGB for the largest smallest distance of any two, as seen normally, by deuteranopes and by
 * protanopes, among colours with a contrast of 3 on the theme's surface; colour.test.ts measures them.
 */

import { type Colour, mix, parseHex } from "./oklab"
import { type Theme, TOKENS } from "./tokens"

const HUES: Readonly<Record<Theme, readonly Colour[]>> = {
  dark: "#87a5ff #f0c396 #78b400 #d20f00 #0f5aff #ff69b4 #a52db4 #3c7869 #00ffff #b4ff00".split(" ").map(parseHex),
  light: "#3c96ff #ff5a0f #1e5a00 #5a001e #0000ff #ff2dd2 #7800b4 #4ba578 #001e78 #875a69".split(" ").map(parseHex),
}

export const CATEGORIES = HUES.dark.length

/** A category in full colour; the eleventh and on are grey. */
export function categorical(category: number, theme: Theme): Colour {
  return HUES[theme][category] ?? parseHex(TOKENS[theme].tertiary)
}

/** The same, fading into the neutral as `strength` falls from 1 to 0. */
export function faded(category: number, strength: number, theme: Theme): Colour {
  return mix(parseHex(TOKENS[theme].active), categorical(category, theme), Math.min(1, Math.max(0, strength)))
}
