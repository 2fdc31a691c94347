import { mount, unmount } from "svelte"
import App from "./App.svelte"
import "./widget.css"
import { Engine } from "./engine/engine"
import { spawnWorkerAlone } from "./engine/spawnAlone"
import type { WidgetModel } from "./source/Kernel"
import { WidgetSource } from "./source/WidgetSource"
import { cell } from "./state/notebook"
import { ownKeys } from "./ui/ownKeys"

interface View {
  readonly model: WidgetModel
  readonly el: HTMLElement
}

/** Start the explorer in the cell `el`; returns what takes it away again. */
export async function render({ model, el }: View): Promise<() => void> {
  const place = document.createElement("div")
  place.className = "nn-widget"
  ownKeys(place)
  const resize = (): void => void (place.style.height = `${Number(model.get("height")) || 720}px`)
  resize()
  model.on("change:height", resize)
  el.append(place)
  let source: WidgetSource | null = null
  let app: object | null = null
  const close = (): void => {
    if (app) void unmount(app)
    source?.close()
    app = source = null
  }
  const leave = [close, () => model.off("change:recording", open), () => model.off("change:height", resize), () => place.remove()]
  async function open(): Promise<void> {
    close()
    place.replaceChildren()
    place.removeAttribute("role")
    resize()
    const mine = (source = new WidgetSource(model, String(model.get("recording") ?? "") || null))
    const renew = async () => {
      const [manifest, about] = await Promise.all([mine.manifest(), mine.about()])
      return { engine: new Engine(mine, manifest, { spawn: spawnWorkerAlone, about }), manifest, several: about.recordings.length > 1 }
    }
    try {
      const { several, ...first } = await renew()
      // Meanwhile another one may have been chosen.
      if (mine === source) app = mount(App, { target: place, props: { ...first, renew, anew: () => void open(), around: cell(model, document, several ? first.manifest.id : "") } })
    } catch (problem) {
      if (mine !== source) return
      place.style.height = ""
      place.setAttribute("role", "alert")
      place.textContent = `The recording cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`
    }
  }
  model.on("change:recording", open)
  await open()
  return () => leave.forEach((one) => one())
}
