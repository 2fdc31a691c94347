import { type Plugin, parseSync } from "vite"

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly kind?: string
  readonly key?: { readonly name?: string }
  readonly body?: Node | readonly Node[]
  readonly [part: string]: unknown
}

/** Leaves out what Svelte writes to set a value of a class that the source says is `readonly` and derived. */
export function unset(): Plugin[] {
  const derived = new Map<string, ReadonlySet<string>>()
  return [
    {
      name: "neuronaut-derived",
      apply: "build",
      enforce: "pre",
      transform(code, id) {
        if (id.endsWith(".svelte.ts")) derived.set(id, new Set([...code.matchAll(/^ {2}readonly (\w+).* = \$derived/gm)].map((found) => found[1]!)))
      },
    },
    {
      name: "neuronaut-unset",
      apply: "build",
      enforce: "post",
      transform(code, id) {
        const names = derived.get(id)
        if (!names?.size) return null
        const setters = membersOf(parseSync(id, code).program).filter(({ kind, key }) => kind === "set" && names.has(key?.name ?? ""))
        return { code: setters.reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), code), map: null }
      },
    },
  ]
}

/** The members of all classes, as they stand. */
function membersOf(node: unknown): readonly Node[] {
  if (typeof node !== "object" || node === null) return []
  const inner = Object.values(node).flatMap(membersOf)
  return "type" in node && node.type === "ClassBody" ? [...((node as Node).body as readonly Node[]), ...inner] : inner
}
