/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"
import { alike } from "./vite/alike.ts"
import { cell, whole } from "./vite/cell.ts"
import { escape } from "./vite/escape.ts"
import { lean } from "./vite/lean.ts"
import { pageData } from "./vite/pageData.ts"
import { NO_PYTHON, NO_VALUES, without } from "./vite/parts.ts"
import { type Name, report } from "./vite/report.ts"
import { unset } from "./vite/unset.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const components = readdirSync(here("src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".svelte"))
  .sort()

/** What keeps a component's styles its own, in two or three signs: they stand at most of its elements. */
function scope(filename: string): string {
  const place = components.findIndex((path) => filename.endsWith(`src/${path}`))
  if (place < 0) throw new Error(`${filename} is new: start again`)
  return `_${place.toString(36)}`
}

const MODES: readonly Name[] = ["served", "widget", "pair"]

/**
 * The app is one classic script and one style sheet; Python puts them into the page and computes its CSP. With
 * `--mode served` it is the same with what only a server can answer, with `--mode widget` one module and one style
 * sheet for a notebook's cell, with `--mode pair` those for a cell of several recordings.
 */
export default defineConfig(({ mode }) => {
  const name = MODES.find((one) => one === mode) ?? "app"
  const inCell = name === "widget" || name === "pair"
  return {
    plugins: [
      svelte({ compilerOptions: { discloseVersion: false, cssHash: ({ filename }) => scope(filename) } }),
      ...(inCell ? [cell()] : []),
      ...(mode === "production" ? [without(NO_PYTHON)] : mode === "served" ? [without(NO_VALUES)] : []),
      lean(),
      ...unset(),
      escape(),
      alike(),
      ...(inCell ? [whole()] : []),
      report(name),
      pageData(process.env["NEURONAUT_PAGE"]),
    ],
    ...(process.env["VITEST"] ? { resolve: { conditions: ["browser"] } } : {}),
    build: {
      outDir: here("../src/neuronaut/explorer/static"),
      emptyOutDir: false,
      copyPublicDir: false,
      target: ["chrome111", "firefox114", "safari16.4"],
      cssCodeSplit: false,
      reportCompressedSize: false,
      rolldownOptions: { optimization: { inlineConst: { mode: "all", pass: 3 } }, output: { minify: true } },
      lib: {
        entry: here(inCell ? `src/${name}.ts` : "src/main.ts"),
        formats: ["iife" as const],
        name: "neuronautApp",
        fileName: () => `${name}.js`,
        cssFileName: name,
      },
    },
    test: {
      environment: "happy-dom",
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      pool: "threads" as const,
      maxWorkers: 2,
    },
  }
})
