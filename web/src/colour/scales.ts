/** Colour scales: a number (or two) to a packed colour. Not-a-number gives MISSING, which views draw as such. */

import { type Colour, fromOklch, fromOklab, mix, parseHex, toOklab } from "./oklab"
import { type Theme, TOKENS } from "./tokens"

/** No finite value to show: draw hatched, never as zero. */
export const MISSING = -1

const LEVELS = 512
const AURORA = ["#16102d", "#15275d", "#004785", "#006e99", "#009396", "#00b186", "#72c67e", "#c0d894", "#f3edc3"]

function ramp(stops: readonly string[]): Int32Array {
  const labs = stops.map((hex) => toOklab(parseHex(hex)))
  return Int32Array.from({ length: LEVELS + 1 }, (_, level) => {
    const place = (level / LEVELS) * (labs.length - 1)
    const index = Math.min(Math.floor(place), labs.length - 2)
    const from = labs[index]!
    const to = labs[index + 1]!
    const share = place - index
    return fromOklab([
      from[0] + (to[0] - from[0]) * share,
      from[1] + (to[1] - from[1]) * share,
      from[2] + (to[2] - from[2]) * share,
    ])
  })
}

const NEUTRAL: Readonly<Record<Theme, string>> = { dark: TOKENS.dark.active, light: TOKENS.light.active }

const aurora = ramp(AURORA)
const magnitudes: Readonly<Record<Theme, Int32Array>> = { dark: aurora, light: aurora.slice().reverse() }
const divergings: Readonly<Record<Theme, Int32Array>> = {
  dark: ramp([TOKENS.dark.a, NEUTRAL.dark, TOKENS.dark.b]),
  light: ramp([TOKENS.light.a, NEUTRAL.light, TOKENS.light.b]),
}

function lookup(table: Int32Array, share: number): Colour {
  if (Number.isNaN(share)) return MISSING
  return table[Math.round(Math.min(1, Math.max(0, share)) * LEVELS)] ?? MISSING
}

/** Blue - neutral - red around zero; `domain` is the size shown in full colour. */
export function signed(value: number, domain: number, theme: Theme): Colour {
  return lookup(divergings[theme], domain > 0 ? 0.5 + value / domain / 2 : value * 0 + 0.5)
}

/** "Aurora" for sizes from 0 to `domain`; dark is small in the dark theme, light is small in the light theme. */
export function magnitude(value: number, domain: number, theme: Theme): Colour {
  return lookup(magnitudes[theme], domain > 0 ? value / domain : value * 0)
}

/** Steps of the blend's table: from B alone to A alone, and from quiet to full. */
const SIDES = 256
const STRENGTHS = 128
const EMPTY = -2
const table = (): Int32Array => new Int32Array((SIDES + 1) * (STRENGTHS + 1)).fill(EMPTY)
const blends: Readonly<Record<Theme, Int32Array>> = { dark: table(), light: table() }

function blendAt(d: number, t: number, theme: Theme): Colour {
  const s = Math.sign(d) * Math.abs(d) ** 0.72
  const lightness = theme === "dark" ? 0.25 + 0.55 * t ** 0.62 : 0.955 - 0.42 * t ** 0.72
  const chroma = 0.185 * Math.abs(s) * Math.min(1, 0.25 + 1.35 * t)
  return fromOklch(lightness, chroma, s > 0 ? 255 : 25)
}

/**
 * A against B: hue is the side, chroma the selectivity, lightness the combined activation. Equal groups are grey.
 *
 * `p99` must be one number for both groups (and all units of the layer), so that "twice as active in B" stays visible.
 */
export function blendOklch(a: number, b: number, p99: number, theme: Theme): Colour {
  const total = a + b
  if (Number.isNaN(total)) return MISSING
  const d = total > 0 ? Math.min(1, Math.max(-1, (a - b) / total)) : 0
  const t = p99 > 0 ? Math.min(1, Math.max(0, total / 2 / p99)) : 0
  const side = Math.round(((d + 1) / 2) * SIDES)
  const strength = Math.round(t * STRENGTHS)
  const known = blends[theme]
  const place = side * (STRENGTHS + 1) + strength
  if (known[place] === EMPTY) known[place] = blendAt((2 * side) / SIDES - 1, strength / STRENGTHS, theme)
  return known[place]!
}

/** NeuronLens' mixture: red for B plus blue for A, purple where both are active, faded to the canvas when quiet. */
export function blendPurple(a: number, b: number, p99: number, theme: Theme): Colour {
  const total = a + b
  if (Number.isNaN(total)) return MISSING
  const share = total > 0 ? a / total : 0.5
  const t = p99 > 0 ? Math.min(1, Math.max(0, Math.max(a, b) / p99)) : 0
  const ratio = Math.max(share, 1 - share)
  const red = Math.round((255 * (1 - share)) / ratio)
  const blue = Math.round((255 * share) / ratio)
  const quiet = parseHex(theme === "dark" ? "#1b1f28" : "#e9ebf0")
  return mix(quiet, (red << 16) | blue, t)
}
