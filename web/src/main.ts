import { mount, type Component } from "svelte"
import "./shell.css"
import { InlineSource } from "./source/InlineSource"
import type { DataSource } from "./source/DataSource"
import type { Manifest } from "./contract/manifest"

const apps = import.meta.glob<{ default: Component<{ engine: unknown; manifest: Manifest }> }>("./App.svelte", { eager: true })
const engines = import.meta.glob<{ Engine: new (source: DataSource, manifest: Manifest) => object }>("./engine/engine.ts", {
  eager: true,
})

/** Start the explorer on the data inside this page. What goes wrong is said in words: the page is never blank. */
async function start(target: HTMLElement): Promise<void> {
  const source = new InlineSource(document)
  const manifest = await source.manifest()
  const App = apps["./App.svelte"]?.default
  const Engine = engines["./engine/engine.ts"]?.Engine
  target.textContent = ""
  if (!App || !Engine) {
    target.textContent = `${manifest.title}: ${manifest.samples.n} samples, ${manifest.model.layers.length} layers`
    return
  }
  mount(App, { target, props: { engine: new Engine(source, manifest), manifest } })
}

const target = document.getElementById("app")
if (target) {
  start(target).catch((problem: unknown) => {
    target.textContent = `This page cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`
    target.setAttribute("role", "alert")
  })
}
