// @vitest-environment node
import { describe, expect, it } from "vitest"
import { CATEGORIES, categorical } from "./categories"
import { type Colour, contrast, distance, pack, parseHex } from "./oklab"
import { type Theme, TOKENS } from "./tokens"

/** Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency, 2009; severity 1, on linear sRGB. */
const SEEN = {
  normally: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  "by a deuteranope": [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  "by a protanope": [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
} as const

function seen(colour: Colour, matrix: readonly number[]): Colour {
  const linear = [16, 8, 0].map((shift) => ((colour >> shift) & 255) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  const [r, g, b] = [0, 1, 2].map((row) => {
    const c = Math.min(1, Math.max(0, linear.reduce((sum, one, at) => sum + one * matrix[3 * row + at]!, 0)))
    return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055))
  })
  return pack(r!, g!, b!)
}

function nearest(colours: readonly Colour[], matrix: readonly number[]): number {
  const as = colours.map((one) => seen(one, matrix))
  return Math.min(...as.flatMap((one, at) => as.slice(0, at).map((other) => distance(one, other))))
}

describe.each(["dark", "light"] as const)("the ten categories of the %s theme", (theme: Theme) => {
  const all = Array.from({ length: CATEGORIES }, (_, at) => categorical(at, theme))

  it("are ten, and stand out from the surface as graphics must (3 : 1)", () => {
    expect(new Set(all).size).toBe(10)
    for (const colour of all) expect(contrast(colour, parseHex(TOKENS[theme].surface))).toBeGreaterThanOrEqual(3)
  })

  it.each([["normally", 20.5], ["by a deuteranope", 11], ["by a protanope", 11]] as const)("seen %s are %d or more apart, any two", (by, least) => {
    expect(nearest(all, SEEN[by])).toBeGreaterThanOrEqual(least)
  })

  it("are followed by one grey for all others, which is told apart by its place on the rim and its name", () => {
    expect(categorical(CATEGORIES, theme)).toBe(parseHex(TOKENS[theme].tertiary))
    expect(categorical(CATEGORIES + 5, theme)).toBe(categorical(CATEGORIES, theme))
  })
})
