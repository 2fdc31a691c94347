/** Legends: the scales as pixel maps (RGBA), ready for an ImageData. */

import type { Colour } from "./oklab"
import { blendOklch, blendPurple, magnitude, signed } from "./scales"
import type { Theme } from "./tokens"

/** What a legend shows: colour at a place, x from 0 (left) to 1, y from 0 (bottom) to 1. */
export type ColourAt = (x: number, y: number) => Colour

/** B alone to A alone from left to right, quiet to active from bottom to top. */
export function blendLegend(blend: "oklch" | "purple", theme: Theme): ColourAt {
  const colour = blend === "purple" ? blendPurple : blendOklch
  return (x, y) => colour(2 * y * x, 2 * y * (1 - x), 1, theme)
}

export function magnitudeLegend(theme: Theme): ColourAt {
  return (x) => magnitude(x, 1, theme)
}

/** Negative to positive from left to right. */
export function signedLegend(theme: Theme): ColourAt {
  return (x) => signed(2 * x - 1, 1, theme)
}

/** A legend as `width` by `height` opaque pixels; the outermost pixels are the ends of the scale. */
export function pixelMap(legend: ColourAt, width: number, height: number): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const colour = legend(column / Math.max(1, width - 1), 1 - row / Math.max(1, height - 1))
      pixels.set([(colour >> 16) & 255, (colour >> 8) & 255, colour & 255, 255], (row * width + column) * 4)
    }
  }
  return pixels
}
