/// <reference types="vitest/config" />
import { svelte } from "@sveltejs/vite-plugin-svelte"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"
import { escape } from "./vite/escape.ts"
import { pageData } from "./vite/pageData.ts"
import { report } from "./vite/report.ts"

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The app is one classic script and one style sheet; Python puts them into the page and computes its CSP. */
export default defineConfig({
  plugins: [svelte(), escape(), report(), pageData(process.env["NEURONAUT_PAGE"])],
  ...(process.env["VITEST"] ? { resolve: { conditions: ["browser"] } } : {}),
  build: {
    outDir: here("../src/neuronaut/explorer/static"),
    emptyOutDir: false,
    copyPublicDir: false,
    target: ["chrome111", "firefox114", "safari16.4"],
    cssCodeSplit: false,
    reportCompressedSize: false,
    lib: {
      entry: here("src/main.ts"),
      formats: ["iife"],
      name: "neuronautApp",
      fileName: () => "app.js",
      cssFileName: "app",
    },
  },
  worker: { format: "iife" },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    pool: "threads",
    maxWorkers: 2,
  },
})
