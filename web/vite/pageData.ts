import { readFileSync } from "node:fs"
import type { Plugin } from "vite"

/** While developing: take the data blocks of an exported page, so that `NEURONAUT_PAGE=titanic.html npm run dev` shows it. */
export function pageData(page: string | undefined): Plugin {
  return {
    name: "neuronaut-page-data",
    apply: "serve",
    transformIndexHtml(html) {
      const blocks = page ? readFileSync(page, "utf8").match(/<script type="application\/[^>]*>[^<]*<\/script>/g) : null
      return html.replace("<!-- data -->", () => (blocks ?? []).join("\n"))
    },
  }
}
