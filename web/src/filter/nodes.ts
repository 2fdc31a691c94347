/** The syntax tree of a filter. `at` and `length` are where it stands in its source, in code points. */

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">="
export type Operation = "+" | "-" | "*" | "/" | "%"
export type FunctionName = "contains" | "startswith" | "lower" | "abs" | "len" | "round"
export type Type = "number" | "text" | "bool" | "null"

export interface Place {
  readonly at: number
  readonly length: number
}

export type NumberNode = Place & { readonly kind: "number"; readonly value: number }
export type TextNode = Place & { readonly kind: "text"; readonly value: string }
export type TruthNode = Place & { readonly kind: "truth"; readonly value: boolean }
export type NullNode = Place & { readonly kind: "null" }
export type Literal = NumberNode | TextNode | TruthNode | NullNode

export type Node =
  | Literal
  | (Place & { readonly kind: "name"; readonly column: string })
  | (Place & { readonly kind: "act"; readonly layer: string; readonly unit: number })
  | (Place & { readonly kind: "negate" | "not"; readonly operand: Node })
  | (Place & { readonly kind: "isNull"; readonly operand: Node; readonly negated: boolean })
  | (Place & { readonly kind: "arithmetic"; readonly op: Operation; readonly left: Node; readonly right: Node })
  | (Place & { readonly kind: "call"; readonly function: FunctionName; readonly arguments: readonly Node[] })
  | (Place & { readonly kind: "compare"; readonly operands: readonly Node[]; readonly ops: readonly Comparison[] })
  | (Place & {
      readonly kind: "membership"
      readonly operand: Node
      readonly items: readonly Literal[]
      readonly negated: boolean
    })
  | (Place & { readonly kind: "and" | "or"; readonly operands: readonly Node[] })

export const KEYWORDS: readonly string[] = ["and", "or", "not", "in", "is", "null", "true", "false"]
export const COMPARISONS: readonly string[] = ["==", "!=", "<=", ">=", "<", ">"]
export const SIGNATURES: ReadonlyMap<string, { readonly takes: readonly Type[]; readonly gives: Type }> = new Map([
  ["contains", { takes: ["text", "text"], gives: "bool" }],
  ["startswith", { takes: ["text", "text"], gives: "bool" }],
  ["lower", { takes: ["text"], gives: "text" }],
  ["abs", { takes: ["number"], gives: "number" }],
  ["len", { takes: ["text"], gives: "number" }],
  ["round", { takes: ["number"], gives: "number" }],
] as const)

/** Code points in a filter, levels of a tree, nodes of a tree. */
export const MAX_LENGTH = 4096
export const MAX_DEPTH = 64
export const MAX_NODES = 1000

/** The nodes directly below, in the order of the text. */
export function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "negate":
    case "not":
    case "isNull":
      return [node.operand]
    case "arithmetic":
      return [node.left, node.right]
    case "call":
      return node.arguments
    case "compare":
    case "and":
    case "or":
      return node.operands
    case "membership":
      return [node.operand, ...node.items]
    default:
      return []
  }
}

/** Every node with its depth (1 for the root), parents before children, in the order of the text. */
export function* walk(node: Node): Generator<readonly [Node, number]> {
  const stack: [Node, number][] = [[node, 1]]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    yield top
    const [here, depth] = top
    for (const child of [...children(here)].reverse()) stack.push([child, depth + 1])
  }
}
