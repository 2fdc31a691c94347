import { existsSync } from "node:fs"
import type { Plugin } from "vite"

/** What only a page with Python behind it needs, and what stands there in a page that is one file. */
export const NO_PYTHON: Readonly<Record<string, string>> = {
  "src/source/python.ts": "export const PYTHON = false",
  "src/engine/remote.ts": "export class Remote {}",
  "src/source/HttpSource.ts": "export class HttpSource {}",
  "src/views/live/Live.svelte": "export default () => {}",
  "src/views/Measure.svelte": "export default () => {}",
  "src/ui/paired.ts": "export const PAIRED = {}",
  "src/views/match/index.ts": "export const askedIn = () => null, forSeveral = askedIn",
}

/** What only a page needs that carries its values, and what stands there in that of a server: Python calculates for it. */
export const NO_VALUES: Readonly<Record<string, string>> = {
  "src/source/InlineSource.ts": "export class InlineSource {}",
  "src/engine/host.ts": "export const startHost = async () => ({ close() {} })",
  "src/engine/worker.ts": "export const serve = () => {}",
  "src/engine/spawn.ts": "export const spawnWorker = null",
}

/** Leaves out of an app what it cannot use. */
export function without(parts: Readonly<Record<string, string>>): Plugin {
  const found = new Set<string>()
  return {
    name: "neuronaut-without",
    enforce: "pre",
    async resolveId(source, importer) {
      if (!source.startsWith(".")) return null
      const path = (await this.resolve(source, importer, { skipSelf: true }))?.id ?? ""
      const name = Object.keys(parts).find((one) => path.endsWith(`/${one}`))
      if (name === undefined) return null
      found.add(name)
      return `\0${name}.js`
    },
    load: (id) => (id.startsWith("\0") ? (parts[id.slice(1, -3)] ?? null) : null),
    generateBundle() {
      for (const name of Object.keys(parts)) if (!found.has(name) && existsSync(name)) this.error(`${name} is not part of the app any more`)
    },
  }
}
