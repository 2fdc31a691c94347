import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Plugin } from "vite"

/** Limits without data: of the app in gzip bytes (frontend budget), of the widget in bytes (what notebooks take). */
const GZIP_LIMIT = 165_000
const WIDGET_LIMIT = 540_000

/** Write NAME.json (sizes, hashes) beside what was built; refuse what is too large or could end its script block. */
export function report(name: "app" | "widget"): Plugin {
  const files = [`${name}.js`, `${name}.css`]
  let folder = ""
  return {
    name: "neuronaut-report",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir
    },
    closeBundle() {
      const described = files.map((file) => [file, describe(join(folder, file))] as const)
      const sum = (of: "bytes" | "gzip"): number => described.reduce((total, [, one]) => total + one[of], 0)
      if (name === "app" && sum("gzip") > GZIP_LIMIT) this.error(`the ${name} is ${sum("gzip")} bytes gzipped; the limit is ${GZIP_LIMIT}`)
      if (name === "widget" && sum("bytes") > WIDGET_LIMIT) {
        this.error(`the widget is ${sum("bytes")} bytes; notebooks take ${WIDGET_LIMIT}`)
      }
      const text = JSON.stringify({ files: Object.fromEntries(described), gzip: sum("gzip") }, null, 2)
      writeFileSync(join(folder, name === "app" ? "build.json" : "widget.json"), text + "\n")
      this.info(`${name}: ${sum("gzip")} bytes gzipped`)
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
