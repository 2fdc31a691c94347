/**
 * From a syntax tree to a mask of rows. Mirrors core/filters/evaluate.py.
 *
 * Truth is 0 false, 1 unknown, 2 true: `and` is a minimum, `or` a maximum, `not x` is 2 - x (SQL's logic). A number has
 * NaN for null. A text is a code into distinct values, so that a text test costs one look-up per distinct value.
 */

import { check } from "./check"
import type { Columns } from "./columns"
import { countPoints } from "./lex"
import { type Comparison, type FunctionName, type Literal, type Node, type Operation, walk } from "./nodes"
import { parse } from "./parse"
import { FilterProblem } from "./problem"
import { textOf } from "./text"

const FALSE = 0
const UNKNOWN = 1
export const TRUE = 2

type Numbers = Float64Array | Float32Array
interface Texts {
  readonly codes: Int32Array
  readonly values: readonly string[]
}
/** A constant has one row; null is the constant null, which fits every kind. */
type Value =
  | { readonly is: "number"; readonly rows: Numbers }
  | { readonly is: "truth"; readonly rows: Uint8Array }
  | ({ readonly is: "text" } & Texts)
  | null

export interface Selection {
  /** 1 where the row is selected. */
  readonly mask: Uint8Array
  readonly n: number
  readonly canonical: string
}

/** Reads, checks and evaluates a filter; never throws for what a user may type. */
export function select(source: string, columns: Columns): Selection | { readonly error: FilterProblem } {
  try {
    const node = parse(source)
    const mask = evaluate(node, columns)
    let n = 0
    for (const one of mask) n += one
    return { mask, n, canonical: textOf(node) }
  } catch (problem) {
    if (problem instanceof FilterProblem) return { error: problem }
    throw problem
  }
}

/** 1 for each row the filter selects; rows where the answer is unknown are not. Throws FilterProblem when it does not fit. */
export function evaluate(node: Node, columns: Columns): Uint8Array {
  check(node, columns)
  const answer = truths(new Evaluator(columns).value(node))
  const mask = new Uint8Array(columns.n)
  const step = stepOf(answer)
  for (let row = 0; row < mask.length; row++) mask[row] = answer[row * step]! >> 1
  return mask
}

/** The activations a filter asks for, each once, so that they can be fetched before it is evaluated. */
export function activationsOf(filter: Node): { layer: string; unit: number }[] {
  const found = new Map<string, { layer: string; unit: number }>()
  for (const [node] of walk(filter))
    if (node.kind === "act") found.set(`${node.unit}:${node.layer}`, { layer: node.layer, unit: node.unit })
  return [...found.values()]
}

/** Names of the columns that a filter asks for. */
export function namesOf(filter: Node): string[] {
  return [...walk(filter)].flatMap(([node]) => (node.kind === "name" ? [node.column] : []))
}

/** How far to go in an array for each row: nowhere in a constant. */
const stepOf = (rows: ArrayLike<number>): 0 | 1 => (rows.length === 1 ? 0 : 1)
/** The rows of two values together. */
const together = (a: ArrayLike<number>, b: ArrayLike<number>): number => (a.length === 1 ? b.length : a.length)
const truth = (value: boolean): number => (value ? TRUE : FALSE)

class Evaluator {
  constructor(private readonly columns: Columns) {}

  value(node: Node): Value {
    switch (node.kind) {
      case "number":
        return { is: "number", rows: Float64Array.of(node.value) }
      case "text":
        return { is: "text", codes: Int32Array.of(0), values: [node.value] }
      case "truth":
        return { is: "truth", rows: Uint8Array.of(truth(node.value)) }
      case "null":
        return null
      case "name":
        return this.column(node.column)
      case "act": {
        const answer = this.columns.activation?.(node.layer, node.unit)
        return answer === undefined || "problem" in answer ? null : { is: "number", rows: answer }
      }
      case "negate":
        return { is: "number", rows: each(numbers(this.value(node.operand)), (x) => -x) }
      case "arithmetic": {
        const [left, right] = [numbers(this.value(node.left)), numbers(this.value(node.right))]
        return { is: "number", rows: arithmetic(OPERATIONS[node.op], left, right) }
      }
      case "call":
        return call(node.function, node.arguments.map((argument) => this.value(argument)))
      case "compare": {
        const values = node.operands.map((operand) => this.value(operand))
        return merged(node.ops.map((op, place) => compare(op, values[place]!, values[place + 1]!)), "and")
      }
      case "membership": {
        const found = member(this.value(node.operand), node.items)
        return { is: "truth", rows: node.negated ? inverse(found) : found }
      }
      case "isNull":
        return { is: "truth", rows: isNull(this.value(node.operand), node.negated) }
      case "not":
        return { is: "truth", rows: inverse(truths(this.value(node.operand))) }
      default:
        return merged(node.operands.map((operand) => truths(this.value(operand))), node.kind)
    }
  }

  private column(name: string): Value {
    const column = this.columns.columns.get(name)
    if (column === undefined) return null
    if (column.kind === "number") return { is: "number", rows: column.values }
    if (column.kind === "text") return { is: "text", codes: column.codes, values: column.values }
    return { is: "truth", rows: looked(column.values, [FALSE, TRUE]) }
  }
}

function numbers(value: Value): Numbers {
  return value !== null && value.is === "number" ? value.rows : Float64Array.of(NaN)
}

function truths(value: Value): Uint8Array {
  return value !== null && value.is === "truth" ? value.rows : Uint8Array.of(UNKNOWN)
}

function texts(value: Value): Texts {
  return value !== null && value.is === "text" ? value : { codes: Int32Array.of(-1), values: [] }
}

function each(rows: Numbers, change: (value: number) => number): Float64Array {
  const answer = new Float64Array(rows.length)
  for (let row = 0; row < answer.length; row++) answer[row] = change(rows[row]!)
  return answer
}

/** The entry of a table for each row; `otherwise` where there is none, as for the code of null. */
function looked(codes: Int32Array | Uint8Array, table: ArrayLike<number>, otherwise = UNKNOWN): Uint8Array {
  const answer = new Uint8Array(codes.length)
  for (let row = 0; row < answer.length; row++) answer[row] = table[codes[row]!] ?? otherwise
  return answer
}

function inverse(rows: Uint8Array): Uint8Array {
  return rows.map((one) => TRUE - one)
}

function merged(parts: readonly Uint8Array[], kind: "and" | "or"): Value {
  return { is: "truth", rows: parts.reduce((one, other) => merge(one, other, kind === "and")) }
}

function merge(one: Uint8Array, other: Uint8Array, lower: boolean): Uint8Array {
  const answer = new Uint8Array(together(one, other))
  const [left, right] = [stepOf(one), stepOf(other)]
  for (let row = 0; row < answer.length; row++) {
    const [a, b] = [one[row * left]!, other[row * right]!]
    answer[row] = a < b === lower ? a : b
  }
  return answer
}

function isNull(value: Value, negated: boolean): Uint8Array {
  const [yes, no] = [truth(!negated), truth(negated)]
  if (value === null) return Uint8Array.of(yes)
  const rows = value.is === "text" ? value.codes : value.rows
  const missing = { text: (code: number) => code < 0, truth: (one: number) => one === UNKNOWN, number: Number.isNaN }[value.is]
  const answer = new Uint8Array(rows.length)
  for (let row = 0; row < answer.length; row++) answer[row] = missing(rows[row]!) ? yes : no
  return answer
}

const OPERATIONS: Readonly<Record<Operation, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0 ? NaN : a / b),
  "%": remainder,
}

/** With the sign of the divisor, as in Python. */
function remainder(a: number, b: number): number {
  const rest = a % b
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest
}

function arithmetic(apply: (a: number, b: number) => number, one: Numbers, other: Numbers): Float64Array {
  const answer = new Float64Array(together(one, other))
  const [left, right] = [stepOf(one), stepOf(other)]
  for (let row = 0; row < answer.length; row++) answer[row] = apply(one[row * left]!, other[row * right]!)
  return answer
}

/** To the nearest whole number, halves to the even one. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const part = value - floor
  if (part !== 0.5) return part < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

function call(name: FunctionName, values: readonly Value[]): Value {
  const [first = null, second = null] = values
  switch (name) {
    case "abs":
      return { is: "number", rows: each(numbers(first), Math.abs) }
    case "round":
      return { is: "number", rows: each(numbers(first), (value) => (Number.isFinite(value) ? roundHalfEven(value) : value)) }
    case "len": {
      const { codes, values: held } = texts(first)
      const lengths = held.map(countPoints)
      const rows = new Float64Array(codes.length)
      for (let row = 0; row < rows.length; row++) rows[row] = lengths[codes[row]!] ?? NaN
      return { is: "number", rows }
    }
    case "lower": {
      const text = texts(first)
      return { is: "text", codes: text.codes, values: text.values.map((value) => value.toLowerCase()) }
    }
    case "contains":
      return { is: "truth", rows: textTest((text, part) => truth(text.includes(part)), texts(first), texts(second)) }
    case "startswith":
      return { is: "truth", rows: textTest((text, part) => truth(text.startsWith(part)), texts(first), texts(second)) }
  }
}

/** The order of two texts by code point; JavaScript's own `<` goes by UTF-16 unit. */
export function order(a: string, b: string): number {
  for (let at = 0; ; ) {
    const one = a.codePointAt(at)
    const other = b.codePointAt(at)
    if (one === undefined || other === undefined) return (one === undefined ? 0 : 1) - (other === undefined ? 0 : 1)
    if (one !== other) return one - other
    at += one > 0xffff ? 2 : 1
  }
}

/** What a comparison says when the left side is less, equal, more. */
export const OUTCOMES: Readonly<Record<Comparison, readonly [number, number, number]>> = {
  "==": [FALSE, TRUE, FALSE],
  "!=": [TRUE, FALSE, TRUE],
  "<": [TRUE, FALSE, FALSE],
  "<=": [TRUE, TRUE, FALSE],
  ">": [FALSE, FALSE, TRUE],
  ">=": [FALSE, TRUE, TRUE],
}

function compare(op: Comparison, left: Value, right: Value): Uint8Array {
  if (left === null || right === null) return Uint8Array.of(UNKNOWN)
  const [less, equal, more] = OUTCOMES[op]
  if (left.is === "text" || right.is === "text") {
    const outcome = (a: string, b: string): number => (a === b ? equal : order(a, b) < 0 ? less : more)
    return textTest(outcome, texts(left), texts(right))
  }
  const [a, b] = [left.rows, right.rows]
  const [one, other] = [stepOf(a), stepOf(b)]
  const unknown = left.is === "truth" ? UNKNOWN : NaN
  const answer = new Uint8Array(together(a, b))
  for (let row = 0; row < answer.length; row++) {
    const [x, y] = [a[row * one]!, b[row * other]!]
    if (x === unknown || y === unknown) answer[row] = UNKNOWN
    else answer[row] = x < y ? less : x === y ? equal : x > y ? more : UNKNOWN
  }
  return answer
}

/** The truth of each row's two texts, asked once per distinct text, or per distinct pair of two columns. */
function textTest(test: (a: string, b: string) => number, left: Texts, right: Texts): Uint8Array {
  const [a, b] = [left.codes, right.codes]
  const of = (one: number, other: number): number =>
    one < 0 || other < 0 ? UNKNOWN : test(left.values[one]!, right.values[other]!)
  if (b.length === 1) return looked(a, left.values.map((_, one) => of(one, b[0]!)))
  if (a.length === 1) return looked(b, right.values.map((_, other) => of(a[0]!, other)))
  const known = new Map<number, number>()
  const answer = new Uint8Array(a.length)
  for (let row = 0; row < answer.length; row++) {
    const [one, other] = [a[row]!, b[row]!]
    const pair = one < 0 || other < 0 ? -1 : one * right.values.length + other
    let found = known.get(pair)
    if (found === undefined) known.set(pair, (found = of(one, other)))
    answer[row] = found
  }
  return answer
}

/** Whether the value is one of the items; unknown when it is null, or when only a null item could match. */
function member(value: Value, items: readonly Literal[]): Uint8Array {
  if (items.length === 0) return Uint8Array.of(FALSE)
  if (value === null) return Uint8Array.of(UNKNOWN)
  const otherwise = items.some((item) => item.kind === "null") ? UNKNOWN : FALSE
  const wanted = new Set(items.map((item) => (item.kind === "null" ? null : item.value)))
  const of = (one: number | string | boolean): number => (wanted.has(one) ? TRUE : otherwise)
  if (value.is === "text") return looked(value.codes, value.values.map(of))
  if (value.is === "truth") return looked(value.rows, [of(false), UNKNOWN, of(true)])
  const answer = new Uint8Array(value.rows.length)
  for (let row = 0; row < answer.length; row++) {
    const one = value.rows[row]!
    answer[row] = Number.isNaN(one) ? UNKNOWN : of(one)
  }
  return answer
}
