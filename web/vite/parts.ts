import { existsSync } from "node:fs"
import type { Plugin } from "vite"

/** What only a page with Python behind it needs, and what stands there in a page that is one file. */
export const NO_PYTHON: Readonly<Record<string, string>> = {
  "src/engine/remote.ts": "export class Remote {}",
  "src/source/HttpSource.ts": "export class HttpSource {}",
  "src/views/live/Live.svelte": "export default () => {}",
  "src/views/Measure.svelte": "export default () => {}",
  "src/ui/paired.ts": "export const PAIRED = {}",
  "src/views/match/index.ts": "export const askedIn = () => null, forSeveral = askedIn",
}

/** Leaves out of the page that is one file what it cannot use. */
export function alone(): Plugin {
  const found = new Set<string>()
  return {
    name: "neuronaut-alone",
    enforce: "pre",
    async resolveId(source, importer) {
      if (!source.startsWith(".")) return null
      const path = (await this.resolve(source, importer, { skipSelf: true }))?.id ?? ""
      const name = Object.keys(NO_PYTHON).find((one) => path.endsWith(`/${one}`))
      if (name === undefined) return null
      found.add(name)
      return `\0${name}.js`
    },
    load: (id) => (id.startsWith("\0") ? (NO_PYTHON[id.slice(1, -3)] ?? null) : null),
    generateBundle() {
      for (const name of Object.keys(NO_PYTHON)) if (!found.has(name) && existsSync(name)) this.error(`${name} is not part of the app any more`)
    },
  }
}
