import type { Plugin } from "vite"

/** What this app never does. Svelte keeps it behind variables that a bundler may not take for constants. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  "svelte/src/internal/client/dom/hydration.js": ["hydrating"],
  "svelte/src/internal/flags/index.js": ["async_mode_flag", "legacy_mode_flag", "tracing_mode_flag"],
}

/** Leaves out of Svelte's runtime what is for pages rendered by a server, for Svelte 4 and for experiments. */
export function lean(): Plugin {
  return {
    name: "neuronaut-lean",
    apply: "build",
    transform(code, id) {
      const file = Object.keys(NEVER).find((name) => id.endsWith(name))
      if (file === undefined) return null
      return NEVER[file]!.reduce((text, name) => {
        const constant = text.replace(`export let ${name} = false`, `export const ${name} = false`)
        if (constant === text) this.error(`${file} has no variable ${name} that starts as false`)
        return constant.replaceAll(new RegExp(`^\\t${name} = .*$`, "gm"), "")
      }, code)
    },
  }
}
