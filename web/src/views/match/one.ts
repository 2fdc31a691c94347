/** What a notebook's cell of one recording has of the parts for several: why there is nothing beside it. */

import { install } from "./beside"
import Mode from "./Mode.svelte"

export function forOne(): void {
  install({ Mode })
}
