/** What a filter's text field shows: coloured spans, completions, and the place of a problem. Never throws. */

import type { Columns } from "./columns"
import { shown, scan, type Token } from "./lex"
import { SIGNATURES } from "./nodes"
import type { FilterProblem, Hint } from "./problem"
import { nameText, numberText, quoted } from "./text"

export type SpanKind = "column" | "unknown" | "number" | "text" | "keyword" | "function" | "operator" | "blank" | "error"

/** A piece of the source, in UTF-16 units as text fields and `slice` count; the spans together are the whole source. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly kind: SpanKind
}

/** Pieces to colour. Names that are no column are `unknown` when columns are given; what cannot be read is `error`. */
export function highlight(source: string, columns?: Columns): Span[] {
  const { tokens, problem } = scan(source)
  const places = offsets(source)
  const spans: Span[] = []
  let end = 0
  const add = (start: number, stop: number, kind: SpanKind): void => {
    if (start > end) spans.push({ start: end, end: start, kind: "blank" })
    if (stop > start) spans.push({ start, end: stop, kind })
    end = Math.max(end, stop)
  }
  tokens.forEach((token, place) => {
    if (token.kind !== "end")
      add(places[token.at]!, places[token.at + token.length]!, kindOf(token, tokens[place + 1], tokens[place - 1], columns))
  })
  if (problem === null) add(source.length, source.length, "blank")
  else add(places[Math.min(problem.position, places.length - 1)]!, source.length, "error")
  return spans
}

function kindOf(token: Token, next: Token | undefined, before: Token | undefined, columns?: Columns): SpanKind {
  switch (token.kind) {
    case "number":
    case "text":
    case "keyword":
      return token.kind
    case "name":
      if (before?.kind === "op" && before.text === "@") return token.text === "act" ? "function" : "unknown"
      if (next?.kind === "op" && next.text === "(") return SIGNATURES.has(token.text) ? "function" : "unknown"
      return holds(columns, token.text) ? "column" : "unknown"
    case "column":
      return holds(columns, token.text) ? "column" : "unknown"
    default:
      return token.text === "@" ? "function" : "operator"
  }
}

/** Whether a name is a column; of what is not known, any is. */
function holds(columns: Columns | undefined, name: string): boolean {
  return columns === undefined || columns.columns.has(name) || (columns.unlisted?.includes(name) ?? false)
}

/** Where each code point starts in UTF-16 units, and the end. */
function offsets(source: string): number[] {
  const places = [0]
  for (const sign of source) places.push(places[places.length - 1]! + sign.length)
  return places
}

/** The piece of source that a problem or hint points at, in UTF-16 units; empty at the very end of the text. */
export function placeOf(source: string, { position, length }: FilterProblem | Hint): { start: number; end: number } {
  const places = offsets(source)
  const at = (place: number): number => places[Math.min(Math.max(place, 0), places.length - 1)]!
  return { start: at(position), end: at(position + length) }
}

/** The source with the suggestion put in, or null when there is none. */
export function fixed(source: string, problem: FilterProblem | Hint): string | null {
  if (problem.suggestion === null) return null
  if (problem.kind === "unclosed") return source + problem.suggestion
  const { start, end } = placeOf(source, problem)
  return source.slice(0, start) + problem.suggestion + source.slice(end)
}

/** The source around a problem, cut to about `width` code points, and a line of carets below it. */
export function caretHelp(source: string, problem: FilterProblem | Hint, width = 60): { text: string; caret: string } {
  const signs = Array.from(source, (sign) => (/[\p{Cc}\p{Surrogate}\u2028\u2029]/u.test(sign) ? " " : sign))
  const start = Math.max(0, Math.min(problem.position - Math.floor(width / 2), signs.length - width))
  const line = signs.slice(start, start + width)
  const left = start > 0 ? "…" : ""
  const count = Math.max(1, Math.min(problem.length, start + width - problem.position))
  return {
    text: left + line.join("") + (start + width < signs.length ? "…" : ""),
    caret: " ".repeat(left.length + problem.position - start) + "^".repeat(count),
  }
}

export interface Completion {
  /** What is put in place of `source.slice(start, end)`. */
  readonly text: string
  readonly kind: "column" | "value" | "keyword" | "function" | "operator"
  /** A few words beside it: what a column holds. */
  readonly detail: string
  readonly start: number
  readonly end: number
}

/** What may stand at the cursor (a UTF-16 offset), best first. */
export function complete(source: string, cursor: number, columns: Columns, most = 20): Completion[] {
  const before = source.slice(0, cursor)
  const { tokens, problem } = scan(before)
  const known = tokens.slice(0, -1)
  const last = known.at(-1)
  const places = offsets(before)
  let typed = ""
  let start = cursor
  let open = ""
  if (problem?.kind === "unclosed") {
    start = places[problem.position]!
    open = before[start]!
    typed = before.slice(start + 1)
  } else if (problem !== null) return []
  else if (last && (last.kind === "name" || last.kind === "keyword") && last.at + last.length === places.length - 1) {
    start = places[last.at]!
    typed = last.text
    known.pop()
  }
  const candidates = open === '"' || open === "'" ? values(known, columns) : wanted(known, columns, open)
  const low = typed.toLowerCase()
  const rank = ({ match }: Candidate): number => {
    const text = match.toLowerCase()
    return text.startsWith(low) ? 0 : text.includes(low) ? 1 : 2
  }
  return candidates
    .map((candidate) => ({ candidate, rank: rank(candidate) }))
    .filter(({ candidate, rank }) => rank < 2 && !(candidate.text === typed && open === ""))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, most)
    .map(({ candidate: { text, kind, detail } }) => ({ text, kind, detail, start, end: cursor }))
}

interface Candidate {
  readonly match: string
  readonly text: string
  readonly kind: Completion["kind"]
  readonly detail: string
}

function wanted(known: readonly Token[], columns: Columns, open: string): Candidate[] {
  const unread = (columns.unlisted ?? []).filter((name) => !columns.columns.has(name))
  const names = [...columns.columns.keys(), ...unread].map((name): Candidate => {
    const text = open === "`" ? `\`${name.replaceAll("`", "``")}\`` : nameText(name)
    return { match: name, text, kind: "column", detail: describe(columns, name) }
  })
  if (open === "`") return names
  const last = known.at(-1)
  const fixedWords = (words: readonly string[], kind: Completion["kind"]): Candidate[] =>
    words.map((text) => ({ match: text, text, kind, detail: "" }))
  if (last?.kind === "keyword" && last.text === "is") return fixedWords(["null", "not null"], "keyword")
  if (last?.kind === "keyword" && last.text === "not" && /^(name|column|number|text)$/.test(known.at(-2)?.kind ?? ""))
    return fixedWords(["in"], "keyword")
  const operand =
    last === undefined ||
    (last.kind === "op" && last.text !== ")" && last.text !== "]") ||
    (last.kind === "keyword" && /^(and|or|not|in)$/.test(last.text))
  if (!operand) return afterOperand(last, columns)
  const functions = [...SIGNATURES.keys()].map(
    (name): Candidate => ({ match: name, text: `${name}(`, kind: "function", detail: "" }),
  )
  const held = values(known, columns)
  if (held.length > 0) return [...held, ...names]
  return [...names, ...functions, ...fixedWords(["not", "true", "false", "null"], "keyword")]
}

function afterOperand(last: Token, columns: Columns): Candidate[] {
  const column = last.kind === "name" || last.kind === "column" ? columns.columns.get(last.text) : undefined
  const signs = column?.kind === "number" ? [">", ">=", "<", "<=", "==", "!="] : ["==", "!="]
  const words = column?.kind === "bool" ? ["and", "or", "is null"] : ["in [", "not in [", "is null", "is not null", "and", "or"]
  const candidate = (text: string, kind: Completion["kind"]): Candidate => ({ match: text, text, kind, detail: "" })
  const comparing = last.kind === "name" || last.kind === "column" || (last.kind === "op" && last.text === ")")
  return comparing
    ? [...signs.map((sign) => candidate(sign, "operator")), ...words.map((word) => candidate(word, "keyword"))]
    : ["and", "or"].map((word) => candidate(word, "keyword"))
}

/** A column and what follows it up to the place where one of its values is due, as kinds and signs of tokens. */
const VALUE_DUE = /(?:^| )(?:name|column) (?:==|!=|,|(?:not )?in [[(](?: (?:text|true|false) ,)*)$/

/** The values that may stand here: after `column ==`, `column in [`, `contains(column,`. */
function values(known: readonly Token[], columns: Columns): Candidate[] {
  const signs = known.map(({ kind, text }) => (kind === "op" || kind === "keyword" ? text : kind)).join(" ")
  const due = VALUE_DUE.exec(signs)
  const token = due === null ? undefined : known[known.length - due[0].trim().split(" ").length]
  const column = token === undefined ? undefined : columns.columns.get(token.text)
  if (column === undefined || column.kind === "number") return []
  const candidate = (match: string, text: string): Candidate => ({ match, text, kind: "value", detail: column.name })
  if (column.kind === "bool") return ["true", "false"].map((text) => candidate(text, text))
  return column.values.map((text) => candidate(text, quoted(text)))
}

/** What a column holds, in a few words. */
export function describe(columns: Columns, name: string): string {
  const column = columns.columns.get(name)
  if (column === undefined) return ""
  if (column.kind === "bool") return "true/false"
  if (column.kind === "text") {
    const some = column.values.slice(0, 3).map(shown).join(", ")
    return `text: ${some}${column.values.length > 3 ? ` and ${column.values.length - 3} more` : ""}`
  }
  let [low, high] = [Infinity, -Infinity]
  for (const value of column.values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return low > high ? "number, always null" : `number, ${brief(low)} to ${brief(high)}`
}

/** Four digits are enough to tell what a column holds; whole numbers stay whole. */
function brief(value: number): string {
  return numberText(Number.isInteger(value) ? value : Number(value.toPrecision(4)))
}

