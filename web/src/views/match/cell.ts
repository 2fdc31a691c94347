/** The parts for several recordings in a notebook's cell, which shows one of them at a time. */

import { install } from "./beside"
import Mode from "./Mode.svelte"
import Switch from "./Switch.svelte"

export function forSeveralInCell(): void {
  install({ Matched: null, Mode, Switch })
}
