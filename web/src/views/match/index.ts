/** The parts for several recordings; the page of a server imports them, and no other. */

import { install } from "./beside"
import Matched from "./Matched.svelte"
import Mode from "./Mode.svelte"
import Switch from "./Switch.svelte"

export { askedIn } from "./recordings"

export function forSeveral(): void {
  install({ Matched, Mode, Switch })
}
