/** Head: what a saved picture says of itself, for it leaves the page that says it. */

export interface Line {
  readonly text: string
  /** Its colour, where it has one: a group's. */
  readonly tone?: "a" | "b"
}

/** A title, what it is of, and what the view that is shown says more. */
export type Caption = (title: string) => readonly Line[]

/** Under this name the app tells it to what saves pictures. */
export const CAPTION = "caption"

/** The lines, the first as the title, laid out by the browser out of sight; to be taken away again. */
export function headOf(lines: readonly Line[], width: number, root: Element): HTMLElement {
  const head = document.createElement("div")
  head.style.cssText = `position:fixed;left:-9in;width:${width}px;padding:12px 16px;font-size:12.5px;overflow-wrap:anywhere`
  for (const { text, tone } of lines) {
    const line = document.createElement("p")
    line.style.cssText = `color:var(--${tone ?? "text"});font-weight:${tone || head.firstChild === null ? 650 : 400}`
    // What turns the direction of writing would turn the words after it.
    line.textContent = text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "")
    head.append(line)
  }
  root.append(head)
  return head
}
