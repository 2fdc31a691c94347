/** Paint: what every unit looks like. Colours come from `colour/`; marks say what a colour cannot. */

import type { Colour } from "../colour/oklab"

/** A value to show as a colour. */
export const VALUE = 0
/** Never fires in what is shown: hollow and dashed. */
export const DEAD = 1
/** Not on the activation scale (an input feature) or nothing to show: neutral. */
export const NEUTRAL = 2
/** Holds values that are not finite: hatched, over its colour if it has one. */
export const NONFINITE = 3

/** Health: barely active, the same for every sample, active for every sample, at the end of its activation's range. */
export const DORMANT = 4
export const CONSTANT = 5
export const ALWAYS = 6
export const SATURATED = 7
/** Did not hold on the other half of the samples: a ring of its colour. */
export const OPEN = 8

export interface Paint {
  readonly colour: Int32Array
  readonly mark: Uint8Array
  /** Which notch of the rim is the unit's, from 1 on, 0 is none; null when no unit has one. */
  readonly notch: Uint8Array | null
  /** Of a group the colour of its largest member, drawn inside the colour of its mean; -1 where there is no group. */
  readonly peak: Int32Array | null
}

/** Colours the renderers need beside the data colours; from the theme's tokens. */
export interface Ink {
  readonly dark: boolean
  readonly canvas: string
  readonly neutral: string
  readonly neutralLine: string
  readonly line: string
  readonly text: string
  readonly secondary: string
  readonly tertiary: string
  readonly positive: string
  readonly negative: string
  readonly font: string
}

/** Black or white text, whichever reads better on the colour (WCAG relative luminance). */
export function textOn(colour: Colour): string {
  const channel = (shift: number): number => {
    const value = ((colour >> shift) & 255) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  const luminance = 0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
  return luminance > 0.18 ? "#0a0c10" : "#ffffff"
}
