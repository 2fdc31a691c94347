/** The canonical text of a filter: parse(textOf(node)) is node again. Mirrors core/filters/text.py. */

import { bareName, visible } from "./lex"
import type { Node } from "./nodes"

const [OR, AND, NOT, COMPARE, SUM, TERM, UNARY, ATOM] = [1, 2, 3, 4, 5, 6, 7, 8] as const
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ['"', '\\"'],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
])

/** The one way to write this filter. */
export function textOf(node: Node): string {
  return write(node)[0]
}

/** The text, and how tightly it binds. */
function write(node: Node): [string, number] {
  switch (node.kind) {
    case "or":
    case "and": {
      const level = node.kind === "or" ? OR : AND
      return [node.operands.map((operand) => inside(operand, level + 1)).join(` ${node.kind} `), level]
    }
    case "not":
      return [`not ${inside(node.operand, NOT)}`, NOT]
    case "compare": {
      const [first, ...rest] = node.operands.map((operand) => inside(operand, SUM))
      return [`${first}${rest.map((word, place) => ` ${node.ops[place]} ${word}`).join("")}`, COMPARE]
    }
    case "membership": {
      const items = node.items.map(textOf).join(", ")
      return [`${inside(node.operand, SUM)} ${node.negated ? "not in" : "in"} [${items}]`, COMPARE]
    }
    case "isNull":
      return [`${inside(node.operand, SUM)} ${node.negated ? "is not null" : "is null"}`, COMPARE]
    case "arithmetic": {
      const level = node.op === "+" || node.op === "-" ? SUM : TERM
      return [`${inside(node.left, level)} ${node.op} ${inside(node.right, level + 1)}`, level]
    }
    case "negate": {
      // "-5" is the number; the negation of the number 5 is "-(5)".
      const [word, level] = write(node.operand)
      return [level >= UNARY && node.operand.kind !== "number" ? `-${word}` : `-(${word})`, UNARY]
    }
    case "call":
      return [`${node.function}(${node.arguments.map(textOf).join(", ")})`, ATOM]
    case "number":
      return [numberText(node.value), ATOM]
    case "text":
      return [quoted(node.value), ATOM]
    case "truth":
      return [String(node.value), ATOM]
    case "null":
      return ["null", ATOM]
    case "name":
      return [nameText(node.column), ATOM]
    case "act":
      return [`@act(${quoted(node.layer)}, ${node.unit})`, ATOM]
  }
}

function inside(node: Node, level: number): string {
  const [word, binding] = write(node)
  return binding >= level ? word : `(${word})`
}

/** A text as the language writes it, in double quotes; what cannot be seen is escaped. */
export function quoted(text: string): string {
  const escaped = Array.from(text, (sign) => ESCAPES.get(sign) ?? (visible(sign) ? sign : `\\u${hex(sign)}`))
  return `"${escaped.join("")}"`
}

function hex(sign: string): string {
  return sign.codePointAt(0)!.toString(16).padStart(4, "0")
}

/** A column as the language writes it: bare where that can be read back, else in backticks. */
export function nameText(column: string): string {
  return bareName(column) ? column : `\`${column.replaceAll("`", "``")}\``
}

/** The filter for a value of a column, which is also the name of its slice; as Python writes and names it. */
export function equalTo(column: string, value: string | number | boolean): string {
  return `${nameText(column)} == ${typeof value === "string" ? quoted(value) : typeof value === "number" ? numberText(value) : value}`
}

/** The shortest text that reads back as the same number; the same on the Python side. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan"
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf"
  const sign = value < 0 || Object.is(value, -0) ? "-" : ""
  const size = Math.abs(value)
  if (Number.isInteger(size) && size <= 2 ** 53) return `${sign}${size}`
  const [mantissa = "", power] = size.toExponential().split("e")
  const digits = mantissa.replace(".", "")
  const exponent = Number(power)
  if (exponent >= -7 && exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`
  if (exponent >= 0 && exponent < digits.length - 1)
    return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
  return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e${exponent}`
}
