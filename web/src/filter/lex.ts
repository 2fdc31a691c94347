/** From the text of a filter to its tokens; positions are 0-based code points. Mirrors core/filters/lex.py. */

import { KEYWORDS, MAX_LENGTH } from "./nodes"
import { FilterProblem } from "./problem"

export type TokenKind = "number" | "text" | "name" | "column" | "keyword" | "op" | "end"

export interface Token {
  readonly kind: TokenKind
  /** The sign, the keyword, the name, or the content of a quoted text or column. */
  readonly text: string
  readonly at: number
  readonly length: number
  readonly number: number
}

const BLANK = " \t\n\r\u00a0"
const TWO = ["==", "!=", "<=", ">="]
const ONE = "<>+-*/%()[],@"
/** Signs of other languages and keyboards, and what to write instead; the first three win over signs that are known. */
const MEANT: readonly (readonly [wrong: string, right: string])[] = [
  "=== ==", "!== !=", "<=> ==",
  "=> >=", "=< <=", "<> !=", "&& and", "|| or", "= ==", "& and", "| or", "! not", "~ not",
  "≤ <=", "≥ >=", "≠ !=", "− -", "– -", "× *", "÷ /", "· *",
  '“ "', '” "', '„ "', "‘ '", "’ '", "´ '", '« "', '» "',
].map((pair) => pair.split(" ") as [string, string]) // prettier-ignore
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ["n", "\n"], ["r", "\r"], ["t", "\t"], ["\\", "\\"], ['"', '"'], ["'", "'"], ["`", "`"],
]) // prettier-ignore
/** Beyond ASCII every code point may stand in a bare name, but blanks, controls, quotes, arrows and operators. */
const NOT_IN_NAMES = /[\x80-\xa0\xab\xb4\xb7\xbb\xd7\xf7\u2000-\u206f\u2190-\u22ff\u3000-\u3003\ud800-\udfff\ufeff\ufff0-\uffff]/u
const INVISIBLE = /[\x00-\x1f\x7f-\xa0\u2000-\u200f\u2028-\u202f\u205f-\u206f\ud800-\udfff\ufeff\ufff0-\uffff]/u

const point = (sign: string): number => sign.codePointAt(0) ?? -1
const digit = (sign: string | undefined): boolean => sign !== undefined && sign >= "0" && sign <= "9" && sign.length === 1
const startsName = (sign: string | undefined): boolean =>
  sign !== undefined && (/^[A-Za-z_]$/.test(sign) || (point(sign) >= 0x80 && !NOT_IN_NAMES.test(sign)))
const continuesName = (sign: string | undefined): boolean => digit(sign) || startsName(sign)
const surrogate = (sign: string): boolean => point(sign) >= 0xd800 && point(sign) <= 0xdfff

/** The tokens up to the first that cannot be read, the last one of kind `end`; and the problem, if any. */
export function scan(source: string): { tokens: Token[]; problem: FilterProblem | null } {
  const tokens: Token[] = []
  // Only as much is split as may be read: a megabyte is refused at once.
  const signs = Array.from(source.length > 4 * MAX_LENGTH ? source.slice(0, 4 * MAX_LENGTH) : source)
  let problem: FilterProblem | null = null
  let at = 0
  try {
    if (signs.length > MAX_LENGTH) throw tooLong(source)
    const lexer = new Lexer(signs)
    while (at < signs.length) {
      if (BLANK.includes(signs[at]!)) at += 1
      else {
        const token = lexer.next(at)
        tokens.push(token)
        at += token.length
      }
    }
  } catch (trouble) {
    if (!(trouble instanceof FilterProblem)) throw trouble
    problem = trouble
  }
  tokens.push({ kind: "end", text: "", at: signs.length, length: 1, number: 0 })
  return { tokens, problem }
}

export function lex(source: string): Token[] {
  const { tokens, problem } = scan(source)
  if (problem !== null) throw problem
  return tokens
}

function tooLong(source: string): FilterProblem {
  const message =
    `the filter has ${countPoints(source)} characters; the most is ${MAX_LENGTH}. ` +
    "Add a metadata column and filter on it instead."
  return new FilterProblem("length", message, MAX_LENGTH)
}

class Lexer {
  constructor(private readonly signs: readonly string[]) {}

  private slice(start: number, end: number): string {
    return this.signs.slice(start, end).join("")
  }

  private token(kind: TokenKind, text: string, at: number, end: number, number = 0): Token {
    return { kind, text, at, length: end - at, number }
  }

  next(at: number): Token {
    const sign = this.signs[at]!
    if (digit(sign) || (sign === "." && digit(this.signs[at + 1]))) return this.number(at)
    if (startsName(sign)) {
      const end = nameEnd(this.signs, at)
      const word = this.slice(at, end)
      return this.token(KEYWORDS.includes(word) ? "keyword" : "name", word, at, end)
    }
    if (sign === '"' || sign === "'") return this.text(at)
    if (sign === "`") return this.column(at)
    this.meant(at, MEANT.slice(0, 3))
    const two = this.slice(at, at + 2)
    if (TWO.includes(two)) return this.token("op", two, at, at + 2)
    this.meant(at, MEANT.slice(3))
    if (ONE.includes(sign)) return this.token("op", sign, at, at + 1)
    const message = `${shown(sign)} has no meaning in a filter. Put a column name with unusual characters in backticks, a text in quotes.`
    throw new FilterProblem("character", message, at)
  }

  private meant(at: number, table: typeof MEANT): void {
    for (const [wrong, right] of table)
      if (this.slice(at, at + wrong.length) === wrong)
        throw new FilterProblem(
          "character",
          `${shown(wrong)} has no meaning in a filter; write ${right}`,
          at,
          wrong.length,
          right,
        )
  }

  private digitsEnd(at: number): number {
    while (digit(this.signs[at])) at += 1
    return at
  }

  private number(at: number): Token {
    const { signs } = this
    let end = this.digitsEnd(at)
    if (signs[end] === "." && digit(signs[end + 1])) end = this.digitsEnd(end + 1)
    let whole = !this.slice(at, end).includes(".")
    if (signs[end] === "e" || signs[end] === "E") {
      const power = signs[end + 1] === "+" || signs[end + 1] === "-" ? end + 2 : end + 1
      if (digit(signs[power])) {
        end = this.digitsEnd(power)
        whole = false
      }
    }
    const known = end
    while (signs[end] === "." || continuesName(signs[end])) end += 1
    const word = this.slice(at, end)
    const fail = (message: string, suggestion: string | null = null): never => {
      throw new FilterProblem("number", message, at, end - at, suggestion)
    }
    if (end > known)
      fail(`${shown(word)} is no number. If it is a column, write \`${word}\` in backticks; if a text, put it in quotes.`)
    const value = Number(word)
    if (value === Infinity) fail(`${shown(word)} is too large; numbers go up to 1.8e308.`)
    if (whole && value >= 2 ** 53 && BigInt(word) !== BigInt(value))
      fail(
        `${shown(word)} cannot be held exactly: beyond 2^53 numbers have gaps. Compare such a column as text, in quotes.`,
        `"${word}"`,
      )
    return this.token("number", word, at, end, value)
  }

  private text(at: number): Token {
    const quote = this.signs[at]!
    let here = at + 1
    let content = ""
    while (here < this.signs.length && this.signs[here] !== quote) {
      if (this.signs[here] === "\\") {
        const [sign, end] = this.escape(here)
        content += sign
        here = end
      } else content += this.whole(here++)
    }
    if (here >= this.signs.length)
      throw new FilterProblem(
        "unclosed",
        `the text that opens here is never closed; end it with ${quote}`,
        at,
        1,
        quote,
      )
    return this.token("text", content, at, here + 1)
  }

  /** The character meant by the escape at `at`, and where the text goes on. */
  private escape(at: number): [string, number] {
    const letter = this.signs[at + 1] ?? ""
    const plain = ESCAPED.get(letter)
    if (plain !== undefined) return [plain, at + 2]
    let digits = ""
    let end = at + 2
    if (letter === "u" && this.signs[at + 2] === "{") {
      const close = this.signs.indexOf("}", at + 3)
      if (close >= 0 && close < at + 10) {
        digits = this.slice(at + 3, close)
        end = close + 1
      }
    } else if (letter === "u") {
      digits = this.slice(at + 2, at + 6)
      end = at + 6
      if (digits.length !== 4) digits = ""
    }
    if (/^[0-9a-fA-F]+$/.test(digits)) {
      const code = parseInt(digits, 16)
      if (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)) return [String.fromCodePoint(code), end]
    }
    throw new FilterProblem(
      "escape",
      "this escape is not known; there are \\\\ \\\" \\' \\n \\r \\t \\uXXXX \\u{XXXXX}, and a backslash itself is \\\\",
      at,
      Math.min(2, this.signs.length - at),
    )
  }

  private column(at: number): Token {
    let content = ""
    for (let here = at + 1; here < this.signs.length; here++) {
      if (this.signs[here] === "`") {
        if (this.signs[here + 1] !== "`") return this.token("column", content, at, here + 1)
        here += 1
      }
      content += this.whole(here)
    }
    throw new FilterProblem(
      "unclosed",
      "the column name that opens here is never closed; end it with `",
      at,
      1,
      "`",
    )
  }

  private whole(at: number): string {
    const sign = this.signs[at]!
    if (surrogate(sign))
      throw new FilterProblem("character", `${shown(sign)} is half a character and cannot be compared.`, at)
    return sign
  }
}

/** Where the name that starts at `at` ends; a dot belongs to it when a name goes on behind it. */
function nameEnd(signs: readonly string[], at: number): number {
  let here = at + 1
  for (;;) {
    if (continuesName(signs[here])) here += 1
    else if (signs[here] === "." && continuesName(signs[here + 1])) here += 2
    else return here
  }
}

/** Whether a column of this name can be written without backticks. */
export function bareName(text: string): boolean {
  const signs = Array.from(text)
  return startsName(signs[0]) && nameEnd(signs, 0) === signs.length && !KEYWORDS.includes(text)
}

/** A piece of source for a message: at most 40 code points, invisible ones as U+XXXX. */
export function shown(text: string): string {
  const here = point(text)
  if (text.length === String.fromCodePoint(Math.max(here, 0)).length && !visible(text))
    return `U+${here.toString(16).toUpperCase().padStart(4, "0")}`
  return `'${printable(text)}'`
}

/** At most 40 code points of a text, invisible ones as U+FFFD, so that a message cannot be tampered with. */
export function printable(text: string): string {
  const signs = Array.from(text)
  const short = signs.length <= 40 ? signs : [...signs.slice(0, 39), "…"]
  return short.map((sign) => (visible(sign) ? sign : "\ufffd")).join("")
}

/** Whether the code point leaves ink, and does not change the direction of what follows. */
export function visible(sign: string): boolean {
  return !INVISIBLE.test(sign)
}

/** The number of code points. */
export function countPoints(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(at + 1)
      if (next >= 0xdc00 && next < 0xe000) at += 1
    }
    count += 1
  }
  return count
}
