/** OKLab and OKLCH, to and from sRGB. Reference: Ottosson, A perceptual color space for image processing, 2020. */

/** An sRGB colour packed as 0xRRGGBB. */
export type Colour = number

/** Lightness 0..1, green-red, blue-yellow. */
export type Oklab = readonly [number, number, number]

export function parseHex(hex: string): Colour {
  return Number.parseInt(hex.slice(1), 16)
}

export function pack(red: number, green: number, blue: number): Colour {
  return (red << 16) | (green << 8) | blue
}

const names = new Map<Colour, string>()

/** `#rrggbb`, cached: canvas fill styles are asked for thousands of times. */
export function css(colour: Colour): string {
  const known = names.get(colour)
  if (known !== undefined) return known
  const name = "#" + colour.toString(16).padStart(6, "0")
  if (names.size > 8192) names.clear()
  names.set(colour, name)
  return name
}

function toLinear(byte: number): number {
  const value = byte / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

function toByte(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055
  return Math.round(Math.min(1, Math.max(0, value)) * 255)
}

export function toOklab(colour: Colour): Oklab {
  const r = toLinear((colour >> 16) & 255)
  const g = toLinear((colour >> 8) & 255)
  const b = toLinear(colour & 255)
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function toLinearRgb([lightness, a, b]: Oklab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

export function fromOklab(lab: Oklab): Colour {
  const [r, g, b] = toLinearRgb(lab)
  return pack(toByte(r), toByte(g), toByte(b))
}

function inside(lab: Oklab): boolean {
  return toLinearRgb(lab).every((part) => part > -0.0005 && part < 1.0005)
}

/** Lightness, chroma, hue in degrees; chroma is lowered until sRGB can show it, lightness and hue stay. */
export function fromOklch(lightness: number, chroma: number, hue: number): Colour {
  const angle = (hue * Math.PI) / 180
  const lab = (c: number): Oklab => [lightness, c * Math.cos(angle), c * Math.sin(angle)]
  if (inside(lab(chroma))) return fromOklab(lab(chroma))
  let low = 0
  let high = chroma
  for (let step = 0; step < 14; step++) {
    const middle = (low + high) / 2
    if (inside(lab(middle))) low = middle
    else high = middle
  }
  return fromOklab(lab(low))
}

/** OKLab mixture: 0 gives `from`, 1 gives `to`. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const a = toOklab(from)
  const b = toOklab(to)
  const at = (axis: 0 | 1 | 2): number => a[axis] + (b[axis] - a[axis]) * share
  return fromOklab([at(0), at(1), at(2)])
}

/** Distance in OKLab times 100. */
export function distance(one: Colour, other: Colour): number {
  const a = toOklab(one)
  const b = toOklab(other)
  return 100 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
}

/** WCAG 2 contrast ratio, 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const luminance = (c: Colour): number =>
    0.2126 * toLinear((c >> 16) & 255) + 0.7152 * toLinear((c >> 8) & 255) + 0.0722 * toLinear(c & 255)
  const a = luminance(one)
  const b = luminance(other)
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}
