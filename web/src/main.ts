import { mount } from "svelte"
import "./shell.css"
import App from "./App.svelte"
import { Engine } from "./engine/engine"
import { InlineSource } from "./source/InlineSource"

/** Start the explorer on the data inside this page. */
async function start(target: HTMLElement): Promise<void> {
  const source = new InlineSource(document)
  const manifest = await source.manifest()
  target.textContent = ""
  mount(App, { target, props: { engine: new Engine(source, manifest), manifest } })
}

/** What goes wrong is said in words: the page is never blank. */
const target = document.getElementById("app")
if (target) {
  start(target).catch((problem: unknown) => {
    target.textContent = `This page cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`
    target.setAttribute("role", "alert")
  })
}
