import type { Plugin } from "vite"

/** What stands in a file, and what takes its place. */
type Change = readonly [RegExp, string]

/** A variable stays as it begins. */
const still = (name: string): readonly Change[] => [
  [new RegExp(`^export let ${name} = false`, "m"), `export const ${name} = false`],
  [new RegExp(`^\\t${name} = .*$`, "gm"), ""],
]

/** A function or method does only this; the brace that ends it stands as far to the right as its start. */
const only = (name: string, body = ""): Change => [new RegExp(`^((\\t?)(?:export )?(?:function )?${name}\\(.*\\) \\{)\\n[^]*?^\\2\\}$`, "m"), `$1${body}}`]

/** A condition is always or never met. */
const when = (condition: string, met: boolean): Change => [new RegExp(`(?<=if \\()${condition.replaceAll(/[.?()#]/g, "\\$&")}(?=\\) \\{)`), String(met)]

/** Nothing waits to be put into the page. */
const AT_ONCE: Change = [/(?<=var defer = )should_defer_append\(\)/, "false"]

/**
 * What this app never does: pages rendered by a server, Svelte 4, waiting inside a component, trying a state without
 * showing it, changes that wait for others, catching a component's error, following what is inside an object. Svelte
 * keeps it where a bundler cannot see that it is never reached.
 */
const NEVER: Readonly<Record<string, readonly Change[]>> = {
  "client/dom/hydration.js": still("hydrating"),
  "client/dom/blocks/branches.js": [AT_ONCE],
  "client/dom/blocks/each.js": [AT_ONCE],
  "client/dom/blocks/boundary.js": [
    ...["#hydrate_resolved_content", "#hydrate_failed_content", "#hydrate_pending_content", "#create_reset", "#handle_error"].map((name) => only(name)),
    ...["#update_pending_count", "update_pending_count", "get_effect_pending", "is_rendered"].map((name) => only(name)),
    only("error", "throw error"),
    when("this.#pending_count > 0", false),
    [/^\t#effect_pending_subscriber = [^]*?^\t\}\);$/m, ""],
  ],
  "client/proxy.js": [only("proxy", "return value")],
  "client/reactivity/async.js": [when("async.length === 0 && pending.length === 0", true)],
  "client/reactivity/batch.js": [
    ...["#is_skipped", "skip_effect", "unskip_effect", "increment", "decrement", "#commit", "settled", "ondiscard"].map((name) => only(name)),
    only("#is_deferred", "return false"),
    when("this.#is_deferred()", false),
    ...["#find_earlier_batch", "#merge", "#intersects"].map((name) => only(name)),
    when("earlier_batch", false),
    when("updates.length > 0", false),
  ],
  "flags/index.js": ["async_mode_flag", "legacy_mode_flag", "tracing_mode_flag"].flatMap(still),
}

/** Leaves out of Svelte's runtime what is never done. */
export function lean(): Plugin {
  return {
    name: "neuronaut-lean",
    apply: "build",
    transform(code, id) {
      const deep = /\.svelte(\.ts)?$/.test(id) && /\$\.proxy\([[{]/.test(code)
      if (deep) this.error(`${id} holds an object in $state, which this app does not follow inside: take $state.raw`)
      const file = Object.keys(NEVER).find((name) => id.endsWith(`svelte/src/internal/${name}`))
      if (file === undefined) return null
      return NEVER[file]!.reduce((text, [from, to]) => {
        const changed = text.replace(from, to)
        if (changed === text) this.error(`${file} has nothing like ${from.source}`)
        return changed
      }, code)
    },
  }
}
