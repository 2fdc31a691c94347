/** Colour tokens of both themes (frontend.md, section 5): achromatic chrome, colour only for data. */

export type Theme = "dark" | "light"

export interface Tokens {
  readonly bg: string
  readonly canvas: string
  readonly surface: string
  readonly raised: string
  readonly active: string
  readonly line: string
  readonly text: string
  readonly secondary: string
  readonly tertiary: string
  readonly a: string
  readonly b: string
  readonly positive: string
  readonly negative: string
}

export const TOKENS: Readonly<Record<Theme, Tokens>> = {
  dark: {
    bg: "#0d0f14",
    canvas: "#0a0c10",
    surface: "#14171e",
    raised: "#1b1f28",
    active: "#262b36",
    line: "#252a35",
    text: "#eef0f4",
    secondary: "#a9b0bd",
    tertiary: "#7d8594",
    a: "#4b9bff",
    b: "#f26b62",
    positive: "#35b5a4",
    negative: "#d9973c",
  },
  light: {
    bg: "#f5f6f8",
    canvas: "#ffffff",
    surface: "#ffffff",
    raised: "#f3f4f7",
    active: "#e6e8ee",
    line: "#e3e6ec",
    text: "#171a21",
    secondary: "#4d5563",
    tertiary: "#6b7382",
    a: "#1f6fe0",
    b: "#d2403b",
    positive: "#0f8474",
    negative: "#a8660a",
  },
}
