/** What JupyterLab looks for on the element that has the focus. */
const SUPPRESS = "data-lm-suppress-shortcuts"

/**
 * Keys pressed inside `place` are not the notebook's (there A adds a cell, X cuts one). A field that is left with Escape
 * hands the focus to the network, not to the notebook.
 */
export function ownKeys(place: HTMLElement): void {
  let escaping = false
  place.addEventListener("keydown", (event) => (escaping = event.key === "Escape"), true)
  place.addEventListener("keyup", () => (escaping = false), true)
  place.addEventListener("focusin", ({ target }) => {
    if (target instanceof Element) target.setAttribute(SUPPRESS, "true")
  })
  place.addEventListener("focusout", ({ relatedTarget }) => {
    if (!escaping || relatedTarget !== null) return
    escaping = false
    place.querySelector<HTMLElement>('[role="application"]')?.focus()
  })
}
