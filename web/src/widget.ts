import { mount, unmount } from "svelte"
import App from "./App.svelte"
import "./widget.css"
import { Engine } from "./engine/engine"
import { spawnWorkerAlone } from "./engine/spawnAlone"
import { serve } from "./engine/worker"
import { type WidgetModel, WidgetSource } from "./source/WidgetSource"
import { cell } from "./state/notebook"
import { ownKeys } from "./ui/ownKeys"

interface View {
  readonly model: WidgetModel
  readonly el: HTMLElement
}

/** Start the explorer in the cell `el`; returns what takes it away again. */
async function render({ model, el }: View): Promise<() => void> {
  const place = document.createElement("div")
  place.className = "nn-widget"
  ownKeys(place)
  const resize = (): void => void (place.style.height = `${Number(model.get("height")) || 720}px`)
  resize()
  model.on("change:height", resize)
  el.append(place)
  const source = new WidgetSource(model)
  const leave: (() => void)[] = [() => source.close(), () => model.off("change:height", resize), () => place.remove()]
  try {
    const renew = async () => {
      const manifest = await source.manifest()
      return { engine: new Engine(source, manifest, { spawn: spawnWorkerAlone }), manifest }
    }
    const app = mount(App, { target: place, props: { ...(await renew()), renew, around: cell(model, document) } })
    leave.unshift(() => void unmount(app))
  } catch (problem) {
    place.style.height = ""
    place.setAttribute("role", "alert")
    place.textContent = `The recording cannot be shown: ${problem instanceof Error ? problem.message : String(problem)}`
  }
  return () => leave.forEach((one) => one())
}

// The same text is the widget and its Worker.
if (typeof document === "undefined") serve()

export default { render }
