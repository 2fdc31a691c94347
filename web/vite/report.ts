import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import type { Plugin } from "vite"

type Name = "app" | "served" | "widget"

/** Limits without data: in gzip bytes of what is in a page or served, in bytes of the widget (what notebooks take). */
const LIMITS: Readonly<Record<Name, readonly ["gzip" | "bytes", number]>> = {
  app: ["gzip", 160_000],
  served: ["gzip", 174_000],
  widget: ["bytes", 496_000],
}

/** Write NAME.json (sizes, hashes) beside what was built; refuse what is too large or could end its script block. */
export function report(name: Name): Plugin {
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
      const [of, most] = LIMITS[name]
      if (sum(of) > most) this.error(`the ${name} has ${sum(of)} ${of === "gzip" ? "bytes gzipped" : "bytes"}; the limit is ${most}`)
      const text = JSON.stringify({ files: Object.fromEntries(described), gzip: sum("gzip") }, null, 2)
      writeFileSync(join(folder, name === "app" ? "build.json" : `${name}.json`), text + "\n")
      this.info(`${name}: ${sum("gzip")} bytes gzipped, ${sum("bytes")} in all`)
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
