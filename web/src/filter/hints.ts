/** What in a filter looks like a mistake although it can be computed. Mirrors core/filters/hints.py. */

import { check, short } from "./check"
import type { Columns } from "./columns"
import { evaluate, OUTCOMES, TRUE } from "./eval"
import { shown } from "./lex"
import { nearest } from "./nearest"
import { type Comparison, type Node, walk } from "./nodes"
import type { Hint } from "./problem"
import { numberText, quoted } from "./text"

type Of<K extends Node["kind"]> = Extract<Node, { kind: K }>

/** Everything that looks like a mistake, in the order of the text. Throws FilterProblem when the filter does not fit. */
export function hints(node: Node, columns: Columns): Hint[] {
  check(node, columns)
  const found: Hint[] = []
  for (const [one] of walk(node)) {
    if (one.kind === "membership")
      for (const item of one.items) {
        if (item.kind === "null" && one.negated)
          found.push(hint("null", "not in a list that holds null is never true; leave the null out", item))
        else if (item.kind === "text") found.push(...value(one.operand, item, columns))
      }
    else if (one.kind === "compare")
      one.ops.forEach((op, place) =>
        found.push(...comparison(one, op, one.operands[place]!, one.operands[place + 1]!, columns)),
      )
  }
  return found.length > 0 || node.kind !== "and" ? found : apart(node.operands, node, columns)
}

function comparison(whole: Of<"compare">, op: Comparison, left: Node, right: Node, columns: Columns): Hint[] {
  if (left.kind === "null" || right.kind === "null") {
    const other = short(left.kind === "null" ? right : left)
    const form = `${other} ${op === "!=" ? "is not null" : "is null"}`
    const message = `a comparison with null is never true; write ${form}`
    return [hint("null", message, whole, whole.ops.length === 1 && !other.endsWith("…") ? form : null)]
  }
  const text = right.kind === "text" ? right : left.kind === "text" ? left : null
  if (text !== null)
    return op === "==" || op === "!=" ? value(text === right ? left : right, text, columns) : []
  return left.kind === "name" && right.kind === "number" ? range(op, left, right, columns) : []
}

function value(operand: Node, text: Of<"text">, columns: Columns): Hint[] {
  const lowered = operand.kind === "call" && operand.function === "lower"
  const name = lowered ? operand.arguments[0]! : operand
  const column = name.kind === "name" ? columns.columns.get(name.column) : undefined
  if (column?.kind !== "text") return []
  const values = lowered ? [...new Set(column.values.map((one) => one.toLowerCase()))] : column.values
  if (values.includes(text.value)) return []
  if (values.length === 0) return [hint("value", `${short(name)} is null in every row`, name)]
  const near = nearest(text.value, values)
  const few = near === null && values.length <= 8
  const meant = near !== null ? `; closest: ${quoted(near)}` : few ? `; there are ${values.map(shown).join(", ")}` : ""
  const message = `no row of ${short(operand)} holds ${short(text)}${meant}`
  return [hint("value", message, text, near === null ? null : quoted(near))]
}

function range(op: Comparison, left: Of<"name">, right: Of<"number">, columns: Columns): Hint[] {
  const column = columns.columns.get(left.column)
  if (column?.kind !== "number") return []
  let [low, high, near] = [Infinity, -Infinity, NaN]
  let [known, reached] = [false, false]
  for (const one of column.values) {
    if (Number.isNaN(one)) continue
    known = true
    reached ||= answers(op, one, right.value)
    low = Math.min(low, one)
    high = Math.max(high, one)
    if (!(Math.abs(one - right.value) >= Math.abs(near - right.value))) near = one
  }
  const column_ = short(left)
  if (!known) return [hint("range", `${column_} is null in every row`, left)]
  if (reached) return []
  const asked = `no row has ${column_} ${op} ${short(right)}`
  const inside = op === "==" && low <= right.value && right.value <= high
  const rest = inside ? `the nearest is ${numberText(near)}` : `it runs from ${numberText(low)} to ${numberText(high)}`
  return [hint("range", `${asked}; ${rest}`, right)]
}

/** Whether one row answers the comparison; `!=` is left out, for it is true almost everywhere. */
const answers = (op: Comparison, a: number, b: number): boolean => op === "!=" || OUTCOMES[op][(Number(a >= b) + Number(a > b)) as 0 | 1 | 2] === TRUE

function apart(operands: readonly Node[], node: Node, columns: Columns): Hint[] {
  const masks = operands.map((operand) => evaluate(operand, columns))
  const counts = masks.map((mask) => mask.reduce((sum, one) => sum + one, 0))
  if (counts.includes(0) || masks[0]!.some((_, row) => masks.every((mask) => mask[row] === 1))) return []
  const parts = operands.map((operand, place) => `${short(operand)} ${counts[place]}`).join(", ")
  return [hint("apart", `each part selects rows (${parts}), but no row is in all of them`, node)]
}

function hint(kind: Hint["kind"], message: string, node: Node, suggestion: string | null = null): Hint {
  return { kind, message, position: node.at, length: node.length, suggestion }
}
