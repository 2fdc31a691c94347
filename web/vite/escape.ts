import type { Plugin } from "vite"

/**
 * The app stands inside a script block. `<!--` there changes how HTML reads the block, and Svelte"s runtime holds it in
 * a string: in strings and templates `<\!--` means the same.
 */
export function escape(): Plugin {
  return {
    name: "neuronaut-escape",
    apply: "build",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") chunk.code = chunk.code.replaceAll("<!--", "<\\!--")
      }
    },
  }
}
