import { fileURLToPath } from "node:url"
import type { Plugin } from "vite"

const here = (name: string): string => fileURLToPath(new URL(`../src/runtime/${name}.ts`, import.meta.url))

const OURS: Readonly<Record<string, string>> = {
  svelte: here("svelte"),
  "svelte/internal/client": here("client"),
  "svelte/internal/disclose-version": here("nothing"),
}

/** The components run on this app's own few parts of Svelte's runtime: docs/decisions/0006-app-size.md. */
export function runtime(): Plugin {
  return {
    name: "neuronaut-runtime",
    enforce: "pre",
    resolveId: (source, importer) => (importer?.includes("/src/") && !importer.includes("node_modules") ? OURS[source] : null),
  }
}
