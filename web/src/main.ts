import { mount, unmount } from "svelte"
import "./shell.css"
import App from "./App.svelte"
import { Engine } from "./engine/engine"
import { spawnWorker } from "./engine/spawn"
import { serve } from "./engine/worker"
import { type DataSource, Refused } from "./source/DataSource"
import { HttpSource } from "./source/HttpSource"
import { InlineSource } from "./source/InlineSource"
import { PYTHON } from "./source/python"
import { askedIn, forSeveral } from "./views/match"

/** Start the explorer on the data inside this page, or on those of the server it comes from. */
async function start(target: HTMLElement): Promise<void> {
  const served = PYTHON && target.dataset["source"] === "http"
  const asked = served ? askedIn(location.search) : null
  let source: DataSource = served ? new HttpSource("api/", asked) : new InlineSource(document)
  if (served) forSeveral()
  const open = async () => {
    const [manifest, about] = await Promise.all([source.manifest(), source.about?.() ?? null])
    return { engine: new Engine(source, manifest, { spawn: spawnWorker, about }), manifest }
  }
  let said = ""
  const first = await open().catch((problem: unknown) => {
    if (!PYTHON || asked === null || !(problem instanceof Refused)) throw problem
    said = `The recording that this link names cannot be shown: ${problem.message} This is the first.`
    source = new HttpSource()
    return open()
  })
  const begin = (found: typeof first, said: string): void => {
    target.textContent = ""
    const anew = (again: typeof first): void => void unmount(app).then(() => begin(again, "The recording was made anew: this is the new one."))
    const app = mount(App, { target, props: { ...found, said, ...(PYTHON && source.subscribe ? { renew: open, anew } : {}) } })
  }
  begin(first, said)
}

/** How long after something that could not be shown it is asked for once more, in case its news went unheard. */
const PAUSE = 1500

/** What goes wrong is said in words: the page is never blank. */
function show(target: HTMLElement): void {
  start(target).catch((problem: unknown) => {
    target.textContent = `This page cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`
    target.setAttribute("role", "alert")
    if (!PYTHON || target.dataset["source"] !== "http" || !(problem instanceof Refused)) return
    const source = new HttpSource("api/", askedIn(location.search))
    const again = (): unknown => source.manifest().then(() => location.reload(), () => undefined)
    source.subscribe(again)
    setTimeout(again, PAUSE)
  })
}

// The same script is the page and its Worker.
if (typeof document === "undefined") serve()
else {
  const target = document.getElementById("app")
  if (target) show(target)
}
