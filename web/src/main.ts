import { mount } from "svelte"
import "./shell.css"
import App from "./App.svelte"
import { Engine } from "./engine/engine"
import { spawnWorker } from "./engine/spawn"
import { serve } from "./engine/worker"
import { type DataSource, Refused } from "./source/DataSource"
import { HttpSource } from "./source/HttpSource"
import { InlineSource } from "./source/InlineSource"
import { askedIn, forSeveral } from "./views/match"

/** Start the explorer on the data inside this page, or on those of the server it comes from. */
async function start(target: HTMLElement): Promise<void> {
  const served = target.dataset["source"] === "http"
  const asked = served ? askedIn(location.search) : null
  let source: DataSource = served ? new HttpSource("api/", asked) : new InlineSource(document)
  if (served) forSeveral()
  const open = async () => {
    const [manifest, about] = await Promise.all([source.manifest(), source.about?.() ?? null])
    return { engine: new Engine(source, manifest, { spawn: spawnWorker, about }), manifest }
  }
  let said = ""
  const first = await open().catch((problem: unknown) => {
    if (asked === null || !(problem instanceof Refused)) throw problem
    said = `The recording that this link names cannot be shown: ${problem.message} This is the first.`
    source = new HttpSource()
    return open()
  })
  target.textContent = ""
  mount(App, { target, props: { ...first, said, ...(source.subscribe ? { renew: open } : {}) } })
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
