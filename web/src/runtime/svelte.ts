/** What a component asks of `svelte`. */

export { mount, onMount, tick, unmount } from "./component"
export { untrack } from "./signals"
