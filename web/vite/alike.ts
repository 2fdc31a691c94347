import { type Plugin, parseSync } from "vite"

type Node = { readonly type: string; readonly start: number; readonly end: number }

/** What is left of a function without the names that the minifier gave. */
const shape = (text: string): string => text.replace(/\b[\w$]{1,2}\b/g, "a")

/**
 * Puts functions that read alike side by side. gzip sees 32 kB back, so a function far away cannot help it; where a
 * function declaration stands in its scope means nothing to JavaScript.
 */
export function alike(): Plugin {
  return {
    name: "neuronaut-alike",
    apply: "build",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") chunk.code = sorted(chunk.fileName, chunk.code)
      }
    },
  }
}

function sorted(file: string, code: string): string {
  const scope = largest(parseSync(file, code).program)
  if (scope.length === 0) return code
  const texts = scope.map((node) => [node.type, code.slice(node.start, node.end)] as const)
  const functions = texts.flatMap(([type, text]) => (type === "FunctionDeclaration" ? { text, shape: shape(text) } : []))
  functions.sort((one, other) => (one.shape < other.shape ? -1 : one.shape > other.shape ? 1 : 0))
  const others = texts.flatMap(([type, text]) => (type === "FunctionDeclaration" ? [] : text.replace(/;?$/, ";")))
  const [first, last] = [scope[0]!.start, scope.at(-1)!.end]
  return code.slice(0, first) + others.join("") + functions.map(({ text }) => text).join("") + code.slice(last)
}

/** The statements of the function around everything. */
function largest(node: unknown): readonly Node[] {
  if (typeof node !== "object" || node === null) return []
  const body = "body" in node && Array.isArray(node.body) ? (node.body as Node[]) : []
  if (body.length > 50) return body
  for (const one of Object.values(node)) {
    const found = largest(one)
    if (found.length > 0) return found
  }
  return []
}
