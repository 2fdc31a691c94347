/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"
import { cell } from "./vite/cell.ts"
import { escape } from "./vite/escape.ts"
import { lean } from "./vite/lean.ts"
import { pageData } from "./vite/pageData.ts"
import { report } from "./vite/report.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The app is one classic script and one style sheet; Python puts them into the page and computes its CSP. With
 * `--mode widget` it is one module and one style sheet for a notebook's cell.
 */
export default defineConfig(({ mode }) => {
  const name = mode === "widget" ? "widget" : "app"
  return {
    plugins: [
      svelte({ compilerOptions: { cssHash: ({ hash, css }) => `s${hash(css).slice(0, 3)}` } }),
      ...(name === "widget" ? [cell()] : []),
      lean(),
      escape(),
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
      // A library in module form would keep its spaces.
      rolldownOptions: { output: { minify: true } },
      lib: {
        entry: here(name === "widget" ? "src/widget.ts" : "src/main.ts"),
        formats: [name === "widget" ? ("es" as const) : ("iife" as const)],
        name: "neuronautApp",
        fileName: () => `${name}.js`,
        cssFileName: name,
      },
    },
    worker: { format: "iife" as const },
    test: {
      environment: "happy-dom",
      include: ["src/**/*.test.ts", "test/**/*.test.ts"],
      pool: "threads" as const,
      maxWorkers: 2,
    },
  }
})
