import { gzipAsync } from "@gfx/zopfli"
import { createHash } from "node:crypto"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "vite"

export type Name = "app" | "served" | "widget" | "pair"

/** Limits without data, in packed bytes. */
const LIMITS: Readonly<Record<Name, number>> = { app: 153_000, served: 168_000, widget: 164_000, pair: 174_000 }

/** Pack what was built, with NAME.json (sizes, hashes) beside it; refuse what is too large or could end its script block. */
export function report(name: Name): Plugin {
  const files = [`${name}.js`, `${name}.css`]
  let folder = ""
  return {
    name: "neuronaut-report",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir
    },
    async closeBundle() {
      const described = await Promise.all(files.map(async (file) => [file, await pack(join(folder, file))] as const))
      const gzip = described.reduce((total, [, one]) => total + one.gzip, 0)
      if (gzip > LIMITS[name]) this.error(`the ${name} has ${gzip} bytes packed; the limit is ${LIMITS[name]}`)
      const text = JSON.stringify({ files: Object.fromEntries(described), gzip }, null, 2)
      writeFileSync(join(folder, name === "app" ? "build.json" : `${name}.json`), text + "\n")
      this.info(`${name}: ${gzip} bytes packed`)
    },
  }
}

async function pack(path: string) {
  const bytes = readFileSync(path)
  if (/<\/(script|style)|<!--/i.test(bytes.toString("utf8"))) {
    throw new Error(`${path} holds </script, </style or <!--, so it cannot stand inside a page`)
  }
  const packed = await gzipAsync(bytes, { numiterations: 5 })
  writeFileSync(`${path}.gz`, packed)
  rmSync(path)
  return { bytes: bytes.length, gzip: packed.length, sha256: createHash("sha256").update(bytes).digest("hex") }
}
