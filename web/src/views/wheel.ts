/** The wheel: in a notebook's cell it scrolls the notebook, unless it is clear that the drawing is meant. */

import type { Explorer } from "./explorer.svelte"

/** How the wheel zooms in a cell. */
export const WHEEL = "Ctrl and the wheel zoom, as does the wheel after a click"

/** Whether a turn of the wheel zooms: with Ctrl or Meta (a pinch says Ctrl), or once `drawing` was clicked. */
export function isMeant(event: WheelEvent, explorer: Explorer, drawing: HTMLElement): boolean {
  return !explorer.inCell || event.ctrlKey || event.metaKey || drawing.matches(":focus")
}
