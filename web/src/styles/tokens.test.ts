// @vitest-environment node
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { TOKENS } from "../colour/tokens"

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8")
/** Names in the style sheet of the tokens that canvases draw with. */
const NAMES: Readonly<Record<keyof typeof TOKENS.dark, string>> = {
  bg: "bg", canvas: "canvas", surface: "surface", raised: "raised", active: "active", line: "line", text: "text",
  secondary: "secondary", tertiary: "tertiary", a: "a", b: "b", positive: "weight-plus", negative: "weight-minus",
}

describe("tokens", () => {
  it.each(["dark", "light"] as const)("are the same for style sheets and canvases in the %s theme", (theme) => {
    const block = css.split(`[data-theme="${theme}"]`)[1]!.split("}")[0]!
    for (const [key, name] of Object.entries(NAMES)) {
      expect(new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1]).toBe(TOKENS[theme][key as keyof typeof TOKENS.dark])
    }
  })
})
