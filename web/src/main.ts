import { mount } from "svelte"
import "./shell.css"
import App from "./App.svelte"
import { Engine } from "./engine/engine"
import { spawnWorker } from "./engine/spawn"
import { serve } from "./engine/worker"
import type { DataSource } from "./source/DataSource"
import { HttpSource } from "./source/HttpSource"
import { InlineSource } from "./source/InlineSource"

/** Start the explorer on the data inside this page, or on those of the server it comes from. */
async function start(target: HTMLElement): Promise<void> {
  const source: DataSource = target.dataset["source"] === "http" ? new HttpSource() : new InlineSource(document)
  const open = async () => {
    const [manifest, about] = await Promise.all([source.manifest(), source.about?.() ?? null])
    return { engine: new Engine(source, manifest, { spawn: spawnWorker, about }), manifest }
  }
  const first = await open()
  target.textContent = ""
  mount(App, { target, props: { ...first, ...(source.subscribe ? { renew: open } : {}) } })
}

/** What goes wrong is said in words: the page is never blank. */
function show(target: HTMLElement): void {
  start(target).catch((problem: unknown) => {
    target.textContent = `This page cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`
    target.setAttribute("role", "alert")
  })
}

// The same script is the page and its Worker.
if (typeof document === "undefined") serve()
else {
  const target = document.getElementById("app")
  if (target) show(target)
}
