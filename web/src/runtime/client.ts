/** What Svelte's compiler asks for, under its names: `svelte/internal/client` in this app. */

export * from "./attributes"
export * from "./bindings"
export { component, each, head, if_block as if, index, key, snippet } from "./blocks"
export { deferred_template_effect, noop, pop, prop, props_id, push, template_effect, to_array, user_effect } from "./component"
export { derived, get, set, state, update } from "./signals"
export * from "./template"

const { window: $window, document: $document } = globalThis
export { $window as window, $document as document }

/** Only for pages that come from a server. */
export const reset = (): void => undefined
export const next = reset
/** State is flat in this app: what it holds is replaced, never changed. */
export const proxy = <T>(value: T): T => value
