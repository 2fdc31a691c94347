/** From the text of a filter to its syntax tree. Mirrors core/filters/parse.py, message by message. */

import { lex, printable, shown, type Token } from "./lex"
import { nearest } from "./nearest"
import {
  COMPARISONS,
  type Comparison,
  type FunctionName,
  type Literal,
  MAX_DEPTH,
  MAX_NODES,
  type Node,
  type Operation,
  type Place,
  SIGNATURES,
  walk,
} from "./nodes"
import { FilterProblem, type ProblemKind } from "./problem"

const [OR, AND, NOT, COMPARE, SUM, TERM, UNARY] = [1, 2, 3, 4, 5, 6, 7] as const
const LEVEL: ReadonlyMap<string, number> = new Map([
  ["or", OR], ["and", AND],
  ["==", COMPARE], ["!=", COMPARE], ["<", COMPARE], ["<=", COMPARE], [">", COMPARE], [">=", COMPARE],
  ["not", COMPARE], ["in", COMPARE], ["is", COMPARE],
  ["+", SUM], ["-", SUM], ["*", TERM], ["/", TERM], ["%", TERM],
]) // prettier-ignore

/** The syntax tree of a filter. Throws FilterProblem at the first thing that cannot be read. */
export function parse(source: string): Node {
  const node = new Parser(source).whole()
  const whole = Math.max(1, Array.from(source).length)
  let count = 0
  for (const [, depth] of walk(node)) {
    count += 1
    if (depth > MAX_DEPTH)
      throw new FilterProblem("depth", `the filter nests more than ${MAX_DEPTH} deep. Split it into columns.`, 0, whole)
  }
  if (count > MAX_NODES) {
    const message = `the filter has ${count} parts; the most is ${MAX_NODES}. Add a metadata column and filter on it instead.`
    throw new FilterProblem("size", message, 0, whole)
  }
  return node
}

class Parser {
  private readonly signs: readonly string[]
  private readonly tokens: readonly Token[]
  private place = 0
  private nesting = 0

  constructor(source: string) {
    this.tokens = lex(source)
    this.signs = Array.from(source)
  }

  private get token(): Token {
    return this.tokens[this.place]!
  }

  private get ended(): boolean {
    return this.token.kind === "end"
  }

  private sees(...texts: readonly string[]): boolean {
    return (this.token.kind === "op" || this.token.kind === "keyword") && texts.includes(this.token.text)
  }

  private take(): Token {
    return this.tokens[this.place++]!
  }

  private skips(text: string): boolean {
    const there = this.sees(text)
    if (there) this.take()
    return there
  }

  private fail(kind: ProblemKind, message: string, token = this.token, suggestion: string | null = null): never {
    throw new FilterProblem(kind, message, token.at, token.length, suggestion)
  }

  private spelled(token: Token): string {
    return shown(this.signs.slice(token.at, token.at + token.length).join(""))
  }

  private span(start: number): Place {
    const last = this.tokens[this.place - 1]!
    return { at: start, length: last.at + last.length - start }
  }

  private enter(token: Token): void {
    this.nesting += 1
    if (this.nesting > MAX_DEPTH)
      this.fail("depth", `the filter nests more than ${MAX_DEPTH} deep. Split it into columns.`, token)
  }

  whole(): Node {
    if (this.ended) this.fail("end", 'the filter is empty. Write for example: age > 30 and sex == "female"')
    const node = this.expression(OR)
    if (!this.ended) this.unexpected()
    return node
  }

  /** Something stands where an operator or the end should. */
  private unexpected(wanted = "an operator (and, or, ==, <, in, ...)"): never {
    const token = this.token
    if (this.sees(...COMPARISONS, "in", "is", "not"))
      this.fail("syntax", `${this.spelled(token)} cannot follow a comparison; put the comparison in parentheses`)
    if (this.sees(")", "]")) this.fail("syntax", `${this.spelled(token)} closes nothing`)
    const near = token.kind === "name" ? nearest(token.text, ["and", "or", "in", "not", "is"]) : null
    const meant = near === null ? "" : `; did you mean ${near}?`
    const words = this.sideBySide()
    if (words.length < (near === null ? 2 : 3))
      this.fail("syntax", `expected ${wanted} before ${this.spelled(token)}${meant}`, token, near)
    // Most likely one column whose name has blanks.
    const last = words.at(-1)!
    const run = { ...words[0]!, length: last.at + last.length - words[0]!.at }
    const whole = this.signs.slice(run.at, run.at + run.length).join("")
    const message =
      `expected ${wanted} before ${this.spelled(token)}${meant || "."} If ${shown(whole)} is one column, write it ` +
      `in backquotes: \`${printable(whole)}\`; if it is a text, put it in quotes.`
    this.fail("syntax", message, near === null ? run : token, near ?? `\`${whole}\``)
  }

  /** The bare words around this place with nothing between them; numbers may follow the first. */
  private sideBySide(): readonly Token[] {
    const before = this.place - 1
    if (this.token.kind !== "name" || this.tokens[before]?.kind !== "name") return []
    let after = this.place
    while (this.tokens[after]!.kind === "name" || this.tokens[after]!.kind === "number") after += 1
    return this.tokens.slice(before, after)
  }

  private expression(binding: number): Node {
    const start = this.token.at
    let left = this.prefix(binding)
    let compared = false
    while (this.token.kind === "op" || this.token.kind === "keyword") {
      const word = this.token.text
      const level = LEVEL.get(word)
      if (level === undefined || level < binding || (level === COMPARE && compared)) break
      if (level <= AND) left = this.chain(left, word === "and" ? "and" : "or", level, start)
      else if (level === COMPARE) {
        left = this.comparison(left, start)
        compared = true
      } else {
        const op = this.take().text as Operation
        const right = this.expression(level + 1)
        left = { kind: "arithmetic", op, left, right, ...this.span(start) }
      }
    }
    return left
  }

  private chain(left: Node, kind: "and" | "or", level: number, start: number): Node {
    const operands = [left]
    while (this.skips(kind)) operands.push(this.expression(level + 1))
    return { kind, operands, ...this.span(start) }
  }

  private comparison(left: Node, start: number): Node {
    if (this.sees(...COMPARISONS)) {
      const operands = [left]
      const ops: Comparison[] = []
      while (this.sees(...COMPARISONS)) {
        ops.push(this.take().text as Comparison)
        operands.push(this.expression(SUM))
      }
      return { kind: "compare", operands, ops, ...this.span(start) }
    }
    if (this.skips("is")) {
      const negated = this.skips("not")
      if (!this.skips("null"))
        this.fail("syntax", "after 'is' comes null or not null; compare with == otherwise")
      return { kind: "isNull", operand: left, negated, ...this.span(start) }
    }
    const negated = this.skips("not")
    if (!this.skips("in")) this.fail("syntax", "expected 'in' after 'not'")
    const items = this.items()
    return { kind: "membership", operand: left, items, negated, ...this.span(start) }
  }

  private items(): Literal[] {
    const opening = this.token
    if (!this.sees("[", "(")) this.fail("list", `after 'in' comes a list, as in ["yes", "no"]`)
    const closer = this.take().text === "[" ? "]" : ")"
    const items: Literal[] = []
    while (!this.sees(closer)) {
      items.push(this.literal(closer, opening))
      if (!this.skips(",")) break
    }
    if (!this.skips(closer)) this.unclosed(closer, opening, "a comma")
    return items
  }

  private literal(closer: string, opening: Token): Literal {
    const token = this.token
    if (this.ended) this.unclosed(closer, opening, "a comma")
    if (this.skips("-")) {
      if (this.token.kind === "number") return { kind: "number", value: -this.take().number, ...this.span(token.at) }
    } else if (token.kind === "number" || token.kind === "text" || this.sees("true", "false", "null"))
      return this.value(this.take())
    const quoted = token.kind === "name" ? `"${token.text}"` : null
    const meant = quoted === null ? "" : `; did you mean ${quoted}?`
    this.fail(
      "list",
      `a list holds numbers, texts, true, false or null, not ${this.spelled(token)}${meant}`,
      token,
      quoted,
    )
  }

  private value({ kind, text, number, at, length }: Token): Literal {
    if (kind === "number") return { kind, value: number, at, length }
    if (kind === "text") return { kind, value: text, at, length }
    return text === "null" ? { kind: "null", at, length } : { kind: "truth", value: text === "true", at, length }
  }

  private unclosed(closer: string, opening: Token, between: string): never {
    if (this.ended)
      this.fail("unclosed", `${this.spelled(opening)} is never closed; add ${closer}`, opening, closer)
    this.unexpected(`${closer} or ${between}`)
  }

  private prefix(binding: number): Node {
    const token = this.token
    let node: Node
    if (this.sees("not")) {
      if (binding > NOT) this.fail("syntax", "put 'not ...' in parentheses here")
      this.enter(this.take())
      const operand = this.expression(NOT)
      node = { kind: "not", operand, ...this.span(token.at) }
    } else if (this.skips("-")) {
      if (this.token.kind === "number") return { kind: "number", value: -this.take().number, ...this.span(token.at) }
      this.enter(token)
      const operand = this.expression(UNARY)
      node = { kind: "negate", operand, ...this.span(token.at) }
    } else if (this.sees("(")) {
      this.enter(this.take())
      node = this.expression(OR)
      if (!this.skips(")")) this.unclosed(")", token, "an operator")
    } else return this.atom()
    this.nesting -= 1
    return node
  }

  private atom(): Node {
    const token = this.token
    const { at, length, text } = token
    if (token.kind === "number" || token.kind === "text" || this.sees("true", "false", "null"))
      return this.value(this.take())
    if (token.kind === "column" || token.kind === "name") {
      this.take()
      return token.kind === "name" && this.sees("(") ? this.call(token) : { kind: "name", column: text, at, length }
    }
    if (this.sees("@")) return this.act()
    if (this.ended) this.fail("end", "the filter ends here; expected a column or a value")
    if (this.sees("[")) this.fail("syntax", "a list stands only after 'in' or 'not in'")
    this.fail("syntax", `expected a column or a value before ${this.spelled(token)}`)
  }

  private call(name: Token): Node {
    const signature = SIGNATURES.get(name.text)
    if (signature === undefined) {
      const near = nearest(name.text, SIGNATURES.keys())
      const known = [...SIGNATURES.keys()].join(", ")
      const meant = near === null ? "" : `; closest: ${near}`
      this.fail("function", `no function ${shown(name.text)}${meant}. There are: ${known}.`, name, near)
    }
    this.enter(name)
    const given = this.arguments()
    this.nesting -= 1
    const wanted = signature.takes.length
    if (given.length !== wanted) {
      const count = wanted === 1 ? "1 argument" : `${wanted} arguments`
      this.fail("arguments", `${name.text} takes ${count}, not ${given.length}`, name)
    }
    return { kind: "call", function: name.text as FunctionName, arguments: given, ...this.span(name.at) }
  }

  private arguments(): Node[] {
    const opening = this.take()
    const given: Node[] = []
    while (!this.sees(")")) {
      if (this.ended) this.unclosed(")", opening, "a comma")
      given.push(this.expression(OR))
      if (!this.skips(",")) break
    }
    if (!this.skips(")")) this.unclosed(")", opening, "a comma")
    return given
  }

  private act(): Node {
    const at = this.take()
    const name = this.token
    if (name.kind !== "name" || name.text !== "act")
      this.fail("function", 'after @ comes act, as in @act("fc1", 11) > 0.5', name, "act")
    this.take()
    const pieces: Token[] = []
    while (pieces.length < 5 && !this.ended) pieces.push(this.take())
    const [, layer, , unit] = pieces
    const shape = pieces.map((piece) => (piece.kind === "op" ? piece.text : piece.kind)).join(" ")
    if (shape !== "( text , number )" || !Number.isInteger(unit!.number) || unit!.number > 2 ** 31)
      this.fail("arguments", 'an activation is written @act("layer", unit), as in @act("fc1", 11)', at)
    return { kind: "act", layer: layer!.text, unit: unit!.number, ...this.span(at.at) }
  }
}
