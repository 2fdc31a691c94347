// @vitest-environment node
import { describe, expect, it } from "vitest"
import { contrast, css, distance, fromOklab, fromOklch, mix, pack, parseHex, toOklab } from "./oklab"
import { blendOklch, blendPurple, magnitude, MISSING, signed } from "./scales"
import { type Theme, TOKENS } from "./tokens"

const THEMES: readonly Theme[] = ["dark", "light"]
const steps = Array.from({ length: 41 }, (_, step) => step / 40)
const chroma = (colour: number): number => Math.hypot(toOklab(colour)[1], toOklab(colour)[2])
const lightness = (colour: number): number => toOklab(colour)[0]

describe("OKLab", () => {
  it("knows white, black and the primaries of Ottosson's page", () => {
    expect(toOklab(0xffffff).map((part) => Number(part.toFixed(3)))).toEqual([1, 0, 0].map((part) => expect.closeTo(part, 3)))
    expect(toOklab(0x000000)).toEqual([0, 0, 0])
    expect(toOklab(0xff0000).map((part) => Number(part.toFixed(3)))).toEqual([0.628, 0.225, 0.126])
    expect(toOklab(0x0000ff).map((part) => Number(part.toFixed(3)))).toEqual([0.452, -0.032, -0.312])
  })

  it("comes back to every colour of a grid over sRGB", () => {
    for (let red = 0; red < 256; red += 51)
      for (let green = 0; green < 256; green += 51)
        for (let blue = 0; blue < 256; blue += 51) {
          const colour = pack(red, green, blue)
          expect(fromOklab(toOklab(colour))).toBe(colour)
        }
  })

  it("keeps lightness and hue when a chroma lies outside sRGB", () => {
    const colour = fromOklch(0.6, 0.4, 255)
    const [l, a, b] = toOklab(colour)
    expect(l).toBeCloseTo(0.6, 2)
    expect((Math.atan2(b, a) * 180) / Math.PI + 360).toBeCloseTo(255, 0)
  })

  it("mixes from one end to the other", () => {
    expect(mix(0x102030, 0xa0b0c0, 0)).toBe(0x102030)
    expect(mix(0x102030, 0xa0b0c0, 1)).toBe(0xa0b0c0)
  })

  it("writes six digits", () => {
    expect(css(0x00000f)).toBe("#00000f")
    expect(css(parseHex("#0d0f14"))).toBe("#0d0f14")
  })
})

describe("tokens", () => {
  it.each(THEMES)("data colours of the %s theme are readable on its surface", (theme) => {
    const tokens = TOKENS[theme]
    for (const colour of [tokens.a, tokens.b, tokens.positive, tokens.negative, tokens.tertiary])
      expect(contrast(parseHex(colour), parseHex(tokens.surface))).toBeGreaterThanOrEqual(4.5)
  })

  it("weights are far from each other, and A from B", () => {
    expect(distance(parseHex(TOKENS.dark.positive), parseHex(TOKENS.dark.negative))).toBeGreaterThan(20)
    expect(distance(parseHex(TOKENS.dark.a), parseHex(TOKENS.dark.b))).toBeGreaterThan(25)
  })
})

describe.each(THEMES)("scales of the %s theme", (theme) => {
  const direction = theme === "dark" ? 1 : -1

  it("magnitude is monotone in lightness", () => {
    const found = steps.map((step) => lightness(magnitude(step, 1, theme)) * direction)
    for (let step = 1; step < found.length; step++) expect(found[step]!).toBeGreaterThan(found[step - 1]!)
  })

  it("magnitude keeps a tenth of its range apart by 4.5", () => {
    for (let step = 0; step < 10; step++)
      expect(distance(magnitude(step / 10, 1, theme), magnitude((step + 1) / 10, 1, theme))).toBeGreaterThan(4.5)
  })

  it("signed is neutral at zero and full at either end of its domain", () => {
    expect(css(signed(0, 2, theme))).toBe(TOKENS[theme].active)
    expect(css(signed(-2, 2, theme))).toBe(TOKENS[theme].a)
    expect(css(signed(2, 2, theme))).toBe(TOKENS[theme].b)
    expect(signed(9, 2, theme)).toBe(signed(2, 2, theme))
  })

  it("equal groups are grey at every strength", () => {
    for (const step of steps) expect(chroma(blendOklch(step, step, 1, theme))).toBeLessThan(0.006)
  })

  it("combined activation is monotone in lightness at every selectivity", () => {
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const found = steps.map((t) => lightness(blendOklch(2 * t * share, 2 * t * (1 - share), 1, theme)) * direction)
      for (let step = 1; step < found.length; step++) expect(found[step]!).toBeGreaterThanOrEqual(found[step - 1]! - 0.004)
    }
  })

  it("exchanging the groups exchanges the hues and nothing else", () => {
    const one = blendOklch(0.8, 0.2, 1, theme)
    const other = blendOklch(0.2, 0.8, 1, theme)
    expect(lightness(one)).toBeCloseTo(lightness(other), 2)
    expect(toOklab(one)[2]).toBeLessThan(-0.02)
    expect(toOklab(other)[1]).toBeGreaterThan(0.02)
  })

  it("a unit of one group alone is 31 from one of the other, one twice as active in A is 15 from its mirror image", () => {
    const apart = (a: number, b: number): number => distance(blendOklch(a, b, 1, theme), blendOklch(b, a, 1, theme))
    expect(apart(1, 0)).toBeCloseTo(31, -0.5)
    expect(apart(1, 0.5)).toBeCloseTo(15, -0.5)
  })

  it("what is not a number is missing, never a colour of zero", () => {
    const found = [signed, magnitude].map((scale) => scale(Number.NaN, 1, theme))
    found.push(...[blendOklch, blendPurple].map((scale) => scale(1, Number.NaN, 1, theme)))
    expect(found).toEqual([MISSING, MISSING, MISSING, MISSING])
  })

  it("a layer without any activity is drawn at the quiet end, not as missing", () => {
    const found = [signed(0, 0, theme), magnitude(0, 0, theme), blendOklch(0, 0, 0, theme), blendPurple(0, 0, 0, theme)]
    for (const colour of found) expect(colour).toBeGreaterThanOrEqual(0)
  })
})

describe("purple blend", () => {
  it("is red for B alone, blue for A alone, purple for both", () => {
    expect(css(blendPurple(0, 1, 1, "dark"))).toBe("#ff0000")
    expect(css(blendPurple(1, 0, 1, "dark"))).toBe("#0000ff")
    expect(css(blendPurple(1, 1, 1, "dark"))).toBe("#ff00ff")
  })
})
