import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Plugin } from "vite"

/** Limits of the app without data, gzip bytes (frontend budget). */
const GZIP_LIMIT = 120_000
const FILES = ["app.js", "app.css"] as const

/** Write build.json (sizes, hashes) beside the app, and refuse an app that is too large or could end its script block. */
export function report(): Plugin {
  let folder = ""
  return {
    name: "neuronaut-report",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir
    },
    closeBundle() {
      const files = Object.fromEntries(FILES.map((name) => [name, describe(join(folder, name))]))
      const total = FILES.reduce((sum, name) => sum + (files[name]?.gzip ?? 0), 0)
      if (total > GZIP_LIMIT) {
        this.error(`the app is ${total} bytes gzipped; the limit is ${GZIP_LIMIT}`)
      }
      writeFileSync(join(folder, "build.json"), JSON.stringify({ files, gzip: total }, null, 2) + "\n")
      this.info(`app: ${total} bytes gzipped`)
    },
  }

  function describe(path: string) {
    const bytes = readFileSync(path)
    if (/<\/(script|style)|<!--/i.test(bytes.toString("utf8"))) {
      throw new Error(`${path} holds </script, </style or <!--, so it cannot stand inside a page`)
    }
    return {
      bytes: bytes.length,
      gzip: gzipSync(bytes, { level: 9 }).length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }
  }
}
