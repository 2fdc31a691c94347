/**
 * From a syntax tree to a mask of rows. Mirrors core/filters/evaluate.py.
 *
 * Truth is 0 false, 1 unknown, 2 true: `and` is a minimum, `or` a maximum, `not x` is 2 - x (SQL's logic). A number has
 * NaN for null. A text is a code into distinct values, so that a text test costs one look-up per distinct value.
 * A value without rows (a constant) is kept as one number or code until rows are needed.
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
const TRUE = 2

type Numbers = number | Float64Array | Float32Array
type Truths = number | Uint8Array
interface Texts {
  readonly codes: number | Int32Array
  readonly values: readonly string[]
}
type Value =
  | { readonly is: "number"; readonly rows: Numbers }
  | { readonly is: "truth"; readonly rows: Truths }
  | ({ readonly is: "text" } & Texts)
  | null // the constant null, which fits every kind

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
    return { mask, n: mask.reduce((sum, one) => sum + one, 0), canonical: textOf(node) }
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
  if (typeof answer === "number") return mask.fill(answer >> 1)
  for (let row = 0; row < mask.length; row++) mask[row] = answer[row]! >> 1
  return mask
}

/** The activations a filter asks for, each once, so that they can be fetched before it is evaluated. */
export function activationsOf(filter: Node): { layer: string; unit: number }[] {
  const found = new Map<string, { layer: string; unit: number }>()
  for (const [node] of walk(filter))
    if (node.kind === "act") found.set(`${node.unit}:${node.layer}`, { layer: node.layer, unit: node.unit })
  return [...found.values()]
}

class Evaluator {
  constructor(private readonly columns: Columns) {}

  value(node: Node): Value {
    switch (node.kind) {
      case "number":
        return { is: "number", rows: node.value }
      case "text":
        return { is: "text", codes: 0, values: [node.value] }
      case "truth":
        return { is: "truth", rows: node.value ? TRUE : FALSE }
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
      case "arithmetic":
        return { is: "number", rows: arithmetic(node.op, this.numbers(node.left), this.numbers(node.right)) }
      case "call":
        return call(node.function, node.arguments.map((argument) => this.value(argument)))
      case "compare": {
        const values = node.operands.map((operand) => this.value(operand))
        const pairs = node.ops.map((op, place) => compare(op, values[place]!, values[place + 1]!))
        return { is: "truth", rows: pairs.reduce((one, other) => merge(one, other, Math.min)) }
      }
      case "membership": {
        const found = member(this.value(node.operand), node.items)
        return { is: "truth", rows: node.negated ? inverse(found) : found }
      }
      case "isNull":
        return { is: "truth", rows: isNull(this.value(node.operand), node.negated) }
      case "not":
        return { is: "truth", rows: inverse(truths(this.value(node.operand))) }
      default: {
        const parts = node.operands.map((operand) => truths(this.value(operand)))
        const pick = node.kind === "and" ? Math.min : Math.max
        return { is: "truth", rows: parts.reduce((one, other) => merge(one, other, pick)) }
      }
    }
  }

  private numbers(node: Node): Numbers {
    return numbers(this.value(node))
  }

  private column(name: string): Value {
    const column = this.columns.columns.get(name)
    if (column === undefined) return null
    if (column.kind === "number") return { is: "number", rows: column.values }
    if (column.kind === "text") return { is: "text", codes: column.codes, values: column.values }
    return { is: "truth", rows: column.values.map((one) => (one === 255 ? UNKNOWN : one === 0 ? FALSE : TRUE)) }
  }
}

function numbers(value: Value): Numbers {
  return value !== null && value.is === "number" ? value.rows : NaN
}

function truths(value: Value): Truths {
  return value !== null && value.is === "truth" ? value.rows : UNKNOWN
}

function texts(value: Value): Texts {
  return value !== null && value.is === "text" ? value : { codes: -1, values: [] }
}

function each(rows: Numbers, change: (value: number) => number): Numbers {
  if (typeof rows === "number") return change(rows)
  const answer = new Float64Array(rows.length)
  for (let row = 0; row < answer.length; row++) answer[row] = change(rows[row]!)
  return answer
}

function inverse(rows: Truths): Truths {
  return typeof rows === "number" ? TRUE - rows : rows.map((one) => TRUE - one)
}

function merge(one: Truths, other: Truths, pick: (a: number, b: number) => number): Truths {
  if (typeof one === "number")
    return typeof other === "number" ? pick(one, other) : other.map((truth) => pick(one, truth))
  if (typeof other === "number") return one.map((truth) => pick(truth, other))
  const answer = new Uint8Array(one.length)
  for (let row = 0; row < answer.length; row++) answer[row] = pick(one[row]!, other[row]!)
  return answer
}

function isNull(value: Value, negated: boolean): Truths {
  const of = (missing: boolean): number => (missing !== negated ? TRUE : FALSE)
  if (value === null) return of(true)
  if (value.is === "text")
    return typeof value.codes === "number" ? of(value.codes < 0) : marks(value.codes, (code) => of(code < 0))
  const { rows } = value
  if (value.is === "truth") return typeof rows === "number" ? of(rows === UNKNOWN) : marks(rows, (one) => of(one === UNKNOWN))
  return typeof rows === "number" ? of(Number.isNaN(rows)) : marks(rows, (one) => of(Number.isNaN(one)))
}

function marks(rows: ArrayLike<number>, mark: (value: number) => number): Uint8Array {
  const answer = new Uint8Array(rows.length)
  for (let row = 0; row < answer.length; row++) answer[row] = mark(rows[row]!)
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

function arithmetic(op: Operation, left: Numbers, right: Numbers): Numbers {
  const apply = OPERATIONS[op]
  if (typeof left === "number")
    return typeof right === "number" ? apply(left, right) : each(right, (value) => apply(left, value))
  if (typeof right === "number") return each(left, (value) => apply(value, right))
  const answer = new Float64Array(left.length)
  for (let row = 0; row < answer.length; row++) answer[row] = apply(left[row]!, right[row]!)
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
      const of = (code: number): number => lengths[code] ?? NaN
      return { is: "number", rows: typeof codes === "number" ? of(codes) : Float64Array.from(codes, of) }
    }
    case "lower": {
      const text = texts(first)
      return { is: "text", codes: text.codes, values: text.values.map((value) => value.toLowerCase()) }
    }
    case "contains":
      return { is: "truth", rows: textTest((text, part) => text.includes(part), texts(first), texts(second)) }
    case "startswith":
      return { is: "truth", rows: textTest((text, part) => text.startsWith(part), texts(first), texts(second)) }
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

function compare(op: Comparison, left: Value, right: Value): Truths {
  if (left === null || right === null) return UNKNOWN
  if (left.is === "text" || right.is === "text") return textTest(TEXT_TESTS[op], texts(left), texts(right))
  const test = NUMBER_TESTS[op]
  const truth = left.is === "truth"
  const unknown = (value: number): boolean => (truth ? value === UNKNOWN : Number.isNaN(value))
  const [a, b] = [left.rows, right.rows]
  const of = (x: number, y: number): number => (unknown(x) || unknown(y) ? UNKNOWN : test(x, y) ? TRUE : FALSE)
  if (typeof a === "number") return typeof b === "number" ? of(a, b) : marks(b, (value) => of(a, value))
  if (typeof b === "number") return marks(a, (value) => of(value, b))
  const answer = new Uint8Array(a.length)
  for (let row = 0; row < answer.length; row++) answer[row] = of(a[row]!, b[row]!)
  return answer
}

const NUMBER_TESTS: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
}

const TEXT_TESTS: Readonly<Record<Comparison, (a: string, b: string) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => order(a, b) < 0,
  "<=": (a, b) => order(a, b) <= 0,
  ">": (a, b) => order(a, b) > 0,
  ">=": (a, b) => order(a, b) >= 0,
}

/** `test` of each row's two texts, asked once per distinct text, or per distinct pair of two columns. */
function textTest(test: (a: string, b: string) => boolean, left: Texts, right: Texts): Truths {
  const [a, b] = [left.codes, right.codes]
  const of = (one: number, other: number): number =>
    one < 0 || other < 0 ? UNKNOWN : test(left.values[one]!, right.values[other]!) ? TRUE : FALSE
  if (typeof a === "number" && typeof b === "number") return of(a, b)
  if (typeof b === "number") return looked(a as Int32Array, left.values.map((_, one) => of(one, b)))
  if (typeof a === "number") return looked(b, right.values.map((_, other) => of(a, other)))
  const known = new Map<number, number>()
  const answer = new Uint8Array(a.length)
  for (let row = 0; row < answer.length; row++) {
    const [one, other] = [a[row]!, b[row]!]
    const pair = one < 0 || other < 0 ? -1 : one * right.values.length + other
    let truth = known.get(pair)
    if (truth === undefined) known.set(pair, (truth = of(one, other)))
    answer[row] = truth
  }
  return answer
}

function looked(codes: Int32Array, table: readonly number[]): Uint8Array {
  return marks(codes, (code) => (code < 0 ? UNKNOWN : table[code]!))
}

/** Whether the value is one of the items; unknown when it is null, or when only a null item could match. */
function member(value: Value, items: readonly Literal[]): Truths {
  if (items.length === 0) return FALSE
  if (value === null) return UNKNOWN
  const otherwise = items.some((item) => item.kind === "null") ? UNKNOWN : FALSE
  if (value.is === "text") {
    const wanted = new Set(items.flatMap((item) => (item.kind === "text" ? [item.value] : [])))
    const table = value.values.map((text) => (wanted.has(text) ? TRUE : otherwise))
    return typeof value.codes === "number" ? (table[value.codes] ?? UNKNOWN) : looked(value.codes, table)
  }
  const wanted = new Set(
    items.flatMap((item) => (item.kind === "number" ? [item.value] : item.kind === "truth" ? [item.value ? TRUE : FALSE] : [])),
  )
  const missing = value.is === "truth" ? (one: number) => one === UNKNOWN : Number.isNaN
  const of = (one: number): number => (missing(one) ? UNKNOWN : wanted.has(one) ? TRUE : otherwise)
  return typeof value.rows === "number" ? of(value.rows) : marks(value.rows, of)
}
