import { type Plugin, parseSync } from "vite"
import { chain } from "./chain.ts"

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
}

interface Value extends Node {
  readonly superClass?: Node | null
  readonly body?: { readonly body: readonly { readonly static?: boolean; readonly computed?: boolean }[] }
}

interface Part extends Node {
  readonly elements?: readonly (Part | null)[]
  readonly argument?: Part
  readonly callee?: Part
  readonly object?: Part
}

interface Statement extends Node {
  readonly expression?: Part
  readonly kind?: string
  readonly declarations?: readonly (Node & { readonly init: Value | null })[]
}

/**
 * Puts functions and classes that read alike side by side: gzip sees 32 kB back, so one far away cannot help another.
 * They go before everything that runs, where all of it finds them.
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
  const text = ({ start, end }: Node): string => code.slice(start, end)
  const [known, running]: [string[], string[]] = [[], []]
  for (const statement of scope) {
    const one = statement.kind === "var" ? statement.declarations! : []
    known.push(...(statement.type === "FunctionDeclaration" ? [text(statement)] : one.filter(isDefinition).map((value) => `var ${text(value)};`)))
    const rest = one.filter((value) => !isDefinition(value))
    if (rest.length > 0) running.push(`var ${rest.map(text).join(",")};`)
    else if (one.length === 0 && !isIdle(statement) && statement.type !== "FunctionDeclaration") running.push(text(statement).replace(/;?$/, ";"))
  }
  return code.slice(0, scope[0]!.start) + chain(known).join("") + running.join("") + code.slice(scope.at(-1)!.end)
}

/** A function, or a class that does nothing before something is made of it. */
function isDefinition({ init }: { readonly init: Value | null }): boolean {
  if (init?.type === "ClassExpression") return !init.superClass && !init.body!.body.some((member) => member.static || member.computed)
  return init?.type === "ArrowFunctionExpression" || init?.type === "FunctionExpression"
}

/** A list of texts that nobody keeps: the bundler leaves one of Svelte's, since it is spread. */
function isIdle({ expression }: Statement): boolean {
  return expression?.type === "ArrayExpression" && expression.elements!.every(isText)
}

function isText(part: Part | null | undefined): boolean {
  return part?.type === "Literal" || part?.type === "TemplateLiteral" || (part?.type === "SpreadElement" && isText(part.argument?.callee?.object))
}

/** The statements of the function around everything. */
function largest(node: unknown): readonly Statement[] {
  if (typeof node !== "object" || node === null) return []
  const body = "body" in node && Array.isArray(node.body) ? (node.body as Statement[]) : []
  if (body.length > 50) return body
  for (const one of Object.values(node)) {
    const found = largest(one)
    if (found.length > 0) return found
  }
  return []
}
