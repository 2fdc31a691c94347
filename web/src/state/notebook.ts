/** The cell of a notebook as the app's surroundings: the view lives in the widget's `state`, which Python shares. */

import type { WidgetModel } from "../source/Kernel"
import type { Host } from "./state"
import type { Surroundings } from "./surroundings"
import type { Theme } from "./view"

const STATE = "state"

/** `named`: the id of the recording that is shown, where a link has to say which one that is. */
export function cell(model: WidgetModel, page: Document, named = ""): Surroundings {
  return {
    host: widgetHost(model),
    alone: false,
    // As a server's page has it, so that a link copied here lands there, and the other way round.
    address: () => named && `?rec=${encodeURIComponent(named)}`,
    visit: (recording, hash) => {
      model.set(STATE, hash)
      model.set("recording", recording)
      model.save_changes()
    },
    theme: () => notebookTheme(page),
    onTheme: (listener) => watch(page, listener),
  }
}

/** The `state` of the widget where a page has its address; Python setting it is a navigation. */
export function widgetHost(model: WidgetModel): Host {
  let written = String(model.get(STATE) ?? "")
  const write = (hash: string): void => {
    written = hash
    model.set(STATE, hash)
    model.save_changes()
  }
  return {
    hash: () => String(model.get(STATE) ?? ""),
    push: write,
    replace: write,
    onNavigate: (listener) => {
      const changed = (): void => {
        const now = String(model.get(STATE) ?? "")
        if (now === written) return
        written = now
        listener()
      }
      model.on(`change:${STATE}`, changed)
      return () => model.off(`change:${STATE}`, changed)
    },
    after: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds)
      return () => clearTimeout(timer)
    },
  }
}

/** The theme of JupyterLab, VS Code, Colab or marimo; elsewhere that of the system. */
export function notebookTheme(page: Document): Theme {
  const { body, documentElement: top } = page
  const jupyter = body.dataset["jpThemeLight"]
  if (jupyter !== undefined) return jupyter === "true" ? "light" : "dark"
  const said = [body.dataset["vscodeThemeKind"], top.getAttribute("theme"), top.dataset["theme"], body.dataset["theme"], top.className, body.className]
  for (const word of said) {
    if (/\b(dark|light|vscode-high-contrast)\b/.test(word ?? "")) return /\blight\b/.test(word!) ? "light" : "dark"
  }
  return page.defaultView?.matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark"
}

function watch(page: Document, listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  for (const node of [page.body, page.documentElement]) observer.observe(node, { attributes: true })
  const media = page.defaultView?.matchMedia("(prefers-color-scheme: light)")
  media?.addEventListener("change", listener)
  return () => {
    observer.disconnect()
    media?.removeEventListener("change", listener)
  }
}
