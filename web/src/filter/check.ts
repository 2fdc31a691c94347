/** Does a filter fit the columns: every name known, like compared with like. Mirrors core/filters/check.py. */

import type { Columns } from "./columns"
import { printable, scan, shown } from "./lex"
import { nearest } from "./nearest"
import { type Node, SIGNATURES, type Type } from "./nodes"
import { FilterProblem, type ProblemKind } from "./problem"
import { nameText, quoted, textOf } from "./text"

export const WORDS: Readonly<Record<Type, string>> = { number: "a number", text: "text", bool: "true/false", null: "null" }
const HOLDS: Readonly<Record<Type, string>> = {
  number: "holds numbers",
  text: "holds text",
  bool: "holds true/false",
  null: "is null",
}
const CONSTANTS = meaning({ null: "none nan na nil undefined null", true: "true", false: "false" })
/** What people write in quotes for a column of true and false. */
const TRUTHS = meaning({ true: "true yes t y 1", false: "false no f n 0" })

/** What each word stands for. */
function meaning(words: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(words).flatMap(([meant, written]) => written.split(" ").map((word) => [word, meant])))
}

/** Throws FilterProblem of kind `column`, `type` or `activation` when the filter does not fit. */
export function check(node: Node, columns: Columns): void {
  new Checker(columns).condition(node, "the filter")
}

class Checker {
  constructor(private readonly columns: Columns) {}

  private fail(kind: ProblemKind, message: string, node: Node, suggestion: string | null = null): never {
    throw new FilterProblem(kind, message, node.at, node.length, suggestion)
  }

  condition(node: Node, who: string): void {
    const type = this.typeOf(node)
    if (type !== "bool" && type !== "null")
      this.fail("type", `${who} needs true or false for each row; ${told(node, type)}`, node)
  }

  private typeOf(node: Node): Type {
    switch (node.kind) {
      case "number":
      case "text":
      case "null":
        return node.kind
      case "truth":
        return "bool"
      case "name":
        return this.column(node.column, node)
      case "act":
        return this.activation(node.layer, node.unit, node)
      case "negate":
        this.numbers("-", [node.operand])
        return "number"
      case "arithmetic":
        this.numbers(node.op, [node.left, node.right])
        return "number"
      case "call":
        return this.call(node.function, node.arguments)
      case "compare":
        return this.compare(node.operands, node.ops)
      case "membership": {
        const type = this.typeOf(node.operand)
        for (const item of node.items) this.alike(node.operand, type, item, this.typeOf(item))
        return "bool"
      }
      case "isNull":
        this.typeOf(node.operand)
        return "bool"
      case "not":
        this.condition(node.operand, "not")
        return "bool"
      default:
        for (const operand of node.operands) this.condition(operand, node.kind)
        return "bool"
    }
  }

  private column(name: string, node: Node): Type {
    const { columns } = this.columns
    const found = columns.get(name)
    if (found !== undefined) return found.kind
    for (const other of columns.values())
      if (other.kind === "text" && other.values.includes(name)) {
        const message = `no column ${shown(name)}, but ${shown(other.name)} holds this text; write it in quotes: ${quoted(name)}`
        this.fail("column", message, node, quoted(name))
      }
    const constant = CONSTANTS.get(name.toLowerCase())
    if (constant !== undefined) this.fail("column", `no column ${shown(name)}; write ${constant}`, node, constant)
    const names = [...columns.keys(), ...(this.columns.unlisted ?? [])]
    const near = nearest(name, names)
    const listed = names.slice(0, 8).map(shown).join(", ") + (names.length > 8 ? ` and ${names.length - 8} more` : "")
    const there = names.length > 0 ? ` There are: ${listed}.` : " There are no columns."
    const meant = near === null ? "" : `; closest: ${shown(near)}`
    this.fail("column", `no column ${shown(name)}${meant}.${there}`, node, near === null ? null : nameText(near))
  }

  private activation(layer: string, unit: number, node: Node): Type {
    if (this.columns.activation === undefined)
      this.fail("activation", "activations cannot be asked for here, only columns", node)
    const answer = this.columns.activation(layer, unit)
    if ("problem" in answer) this.fail("activation", answer.problem, node)
    return "number"
  }

  private numbers(op: string, operands: readonly Node[]): void {
    for (const operand of operands) {
      const type = this.typeOf(operand)
      if (type !== "number" && type !== "null")
        this.fail("type", `${op} needs numbers; ${told(operand, type)}`, operand)
    }
  }

  private call(name: string, given: readonly Node[]): Type {
    const { takes, gives } = SIGNATURES.get(name)!
    given.forEach((argument, place) => {
      const want = takes[place]!
      const type = this.typeOf(argument)
      if (type !== want && type !== "null")
        this.fail("type", `${name} needs ${want === "number" ? "numbers" : "text"}; ${told(argument, type)}`, argument)
    })
    return gives
  }

  private compare(operands: readonly Node[], ops: readonly string[]): Type {
    const types = operands.map((operand) => this.typeOf(operand))
    ops.forEach((op, place) => {
      const [left, right] = [operands[place]!, operands[place + 1]!]
      const [one, other] = [types[place]!, types[place + 1]!]
      this.alike(left, one, right, other)
      if (op !== "==" && op !== "!=" && (one === "bool" || other === "bool"))
        this.fail("type", `true/false has no order; use == or != instead of ${op}`, right)
    })
    return "bool"
  }

  private alike(left: Node, type: Type, right: Node, other: Type): void {
    if (type === other || type === "null" || other === "null") return
    let suggestion: string | null = null
    if (right.kind === "text" && type === "number") suggestion = unquotedNumber(right.value)
    else if (right.kind === "text" && type === "bool") suggestion = TRUTHS.get(right.value.toLowerCase()) ?? null
    else if (right.kind === "number" && type === "text") suggestion = quoted(textOf(right))
    else if (right.kind === "number" && type === "bool" && (right.value === 0 || right.value === 1))
      suggestion = right.value ? "true" : "false"
    const bare = right.kind === "text" ? ", without quotes" : ""
    const meant = suggestion === null ? "" : `. Did you mean ${suggestion}${bare}?`
    const message = `${WORDS[type]} cannot be compared with ${WORDS[other]}: ${told(left, type)}, ${told(right, other)}${meant}`
    this.fail("type", message, right, suggestion)
  }
}

/** What a node is, for a message. */
export function told(node: Node, type: Type): string {
  return `${short(node)} ${node.kind === "name" ? HOLDS[type] : `is ${WORDS[type]}`}`
}

/** The text of a node, cut to 40 code points. */
export function short(node: Node): string {
  return printable(textOf(node))
}

function unquotedNumber(text: string): string | null {
  const { tokens, problem } = scan(text)
  const [first] = tokens
  return problem === null && tokens.length === 2 && first!.kind === "number" ? first!.text : null
}
