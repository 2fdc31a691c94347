import { type Theme, TOKENS } from "../colour/tokens"
import type { Ink } from "../render/paint"

/** What a theme draws the network with, in the font of an element. */
export function inkOf(theme: Theme, element: HTMLElement | undefined): Ink {
  const dark = theme === "dark"
  return {
    ...TOKENS[theme],
    dark,
    neutral: dark ? "#262a33" : "#e8e9ee",
    neutralLine: dark ? "#3d4351" : "#c3c7d1",
    font: element ? getComputedStyle(element).fontFamily : "sans-serif",
  }
}
