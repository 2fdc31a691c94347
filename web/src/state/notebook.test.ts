import { afterEach, expect, test, vi } from "vitest"
import { FakeModel } from "../source/fakeModel"
import { cell, notebookTheme, widgetHost } from "./notebook"

afterEach(() => {
  for (const node of [document.body, document.documentElement]) for (const name of node.getAttributeNames()) node.removeAttribute(name)
})

test("a view is written into the widget's state; its echo is no navigation, Python's change is one", () => {
  const model = new FakeModel({ state: "#/network?sel=0%3A1" })
  const host = widgetHost(model)
  const moved = vi.fn()
  const leave = host.onNavigate(moved)
  expect(host.hash()).toBe("#/network?sel=0%3A1")
  host.push("#/network?sel=0%3A2")
  expect(model.saved).toEqual([{ state: "#/network?sel=0%3A2" }])
  expect(moved).not.toHaveBeenCalled()
  model.set("state", "#/network")
  expect(moved).toHaveBeenCalledTimes(1)
  leave()
  model.set("state", "#/network?sel=0%3A3")
  expect(moved).toHaveBeenCalledTimes(1)
})

test("a link says which of several recordings it is of; another one comes with its view at once", () => {
  const model = new FakeModel()
  expect(cell(model, document).address()).toBe("")
  const around = cell(model, document, "a&b")
  expect(around.address()).toBe("?rec=a%26b")
  around.visit!("other", "#/compare")
  expect(model.saved).toEqual([{ state: "#/compare", recording: "other" }])
})

test.each([
  ["JupyterLab", () => document.body.setAttribute("data-jp-theme-light", "false"), "dark"],
  ["JupyterLab", () => document.body.setAttribute("data-jp-theme-light", "true"), "light"],
  ["VS Code", () => document.body.setAttribute("data-vscode-theme-kind", "vscode-dark"), "dark"],
  ["VS Code", () => document.body.setAttribute("data-vscode-theme-kind", "vscode-high-contrast-light"), "light"],
  ["VS Code", () => document.body.setAttribute("data-vscode-theme-kind", "vscode-high-contrast"), "dark"],
  ["Colab", () => document.documentElement.setAttribute("theme", "dark"), "dark"],
  ["marimo", () => (document.body.className = "light light-theme"), "light"],
])("the theme of %s is read where it says it", (_, say, theme) => {
  say()
  expect(notebookTheme(document)).toBe(theme)
})
