/** Beside: the parts for several recordings, where the page is one that has them. */

import type { Component } from "svelte"
import type { CommandId } from "../../state/commands"
import type { Explorer } from "../explorer.svelte"

type Part = Component<{ explorer: Explorer }, { command?(id: CommandId): boolean }>

export interface Beside {
  /** In the top bar: which of several recordings is shown. */
  readonly Switch?: Part
  /** Whether groups are compared, or recordings. */
  readonly Mode: Part
  /** Compare's view of two recordings. */
  readonly Matched?: Part
}

let held: Beside | null = null

/** A page that is one file has none: what imports them is not part of it. */
export function install(parts: Beside): void {
  held = parts
}

export function beside(): Beside | null {
  return held
}

export function several(explorer: Explorer) {
  return explorer.engine.about?.recordings ?? []
}

/** Whether Compare shows two recordings. */
export function ofTwo(explorer: Explorer): boolean {
  return held?.Matched != null && explorer.route === "compare" && explorer.own["mode"] === "two" && several(explorer).length > 1
}
