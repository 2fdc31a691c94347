// @vitest-environment node
import { describe, expect, it } from "vitest"
import { evaluate, order, select } from "./eval"
import { hints } from "./hints"
import { nearest } from "./nearest"
import type { Node } from "./nodes"
import { parse } from "./parse"
import { FilterProblem } from "./problem"
import { corpus, names, tables } from "./testing"
import { equalTo, numberText, textOf } from "./text"

const table = (name: string) => tables.get(name)!
/** The tree without its places. */
const bare = (node: Node): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === "at" || key === "length" ? undefined : value)))

describe("the page and Python answer alike", () => {
  it.each(corpus.masks)("$table: $expression", ({ table: name, expression, mask }) => {
    const node = parse(expression)
    expect([...evaluate(node, table(name))]).toEqual(mask)
    expect(bare(parse(textOf(node)))).toEqual(bare(node))
    expect(textOf(parse(textOf(node)))).toBe(textOf(node))
  })

  it.each(corpus.errors)("$table: $expression points at $position", (wanted) => {
    const found = select(wanted.expression, table(wanted.table))
    if (!("error" in found)) throw new Error("no problem found")
    const { kind, message, position, length, suggestion } = found.error
    expect({ kind, message, position, length, suggestion }).toEqual({
      kind: wanted.kind,
      message: wanted.message,
      position: wanted.position,
      length: wanted.length,
      suggestion: wanted.suggestion,
    })
  })

  it.each(corpus.hints)("a hint for $expression", (wanted) => {
    const found = hints(parse(wanted.expression), table(wanted.table))
    const { kind, position, length, suggestion, message } = wanted
    expect(found).toEqual(kind === null ? [] : [{ kind, position, length, suggestion, message }])
  })

  it.each(corpus.canonical)("$expression is written $text", ({ expression, text }) => {
    expect(textOf(parse(expression))).toBe(text)
    expect(bare(parse(text))).toEqual(bare(parse(expression)))
  })

  it.each(names)("the slice of a value is named $name", ({ column, value, name }) => {
    expect(equalTo(column, value)).toBe(name)
    expect(textOf(parse(name))).toBe(name)
  })

  it("numbers are written in the fewest digits that read back", () => {
    expect(corpus.numbers.map(({ number }) => numberText(number))).toEqual(corpus.numbers.map(({ text }) => text))
    expect(corpus.numbers.map(({ text }) => Number(text))).toEqual(corpus.numbers.map(({ number }) => number))
  })

  it("the nearest name is the one a typist meant", () => {
    expect(corpus.nearest.map(({ word, options }) => nearest(word, options))).toEqual(
      corpus.nearest.map((wanted) => wanted.nearest),
    )
  })
})

describe("a filter in the page", () => {
  it("selects rows and says how many and what it read", () => {
    expect(select("age>30", table("people"))).toEqual({
      mask: Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 0),
      n: 3,
      canonical: "age > 30",
    })
  })

  it("returns a problem instead of throwing it", () => {
    expect(select("age >", table("people"))).toEqual({ error: expect.any(FilterProblem) as FilterProblem })
  })

  it("orders texts by code point, also halves of characters", () => {
    const sorted = ["", "a", "ab", "b", "\ud800", "\ud800\ue000", "\udfff", "\ue000", "\ufffd", "\u{1f600}", "\u{1f600}a"]
    for (const [i, one] of sorted.entries())
      for (const [j, other] of sorted.entries()) expect(Math.sign(order(one, other))).toBe(Math.sign(i - j))
  })

  it("answers a thousand hostile texts without trouble", () => {
    const pieces = ["(", "not ", "-", "a.b.", "'", "`", "[", "1e", "\\u{", "((a+)+$)", "aaaaaaaa", "😀", "<!--", "\0", "@act("]
    let answered = 0
    for (let round = 0; round < 1000; round++) {
      const piece = pieces[round % pieces.length]! + pieces[(round * 7) % pieces.length]!
      const found = select(piece.repeat(1 + ((round * 97) % 3000)), table("people"))
      if ("error" in found && found.error.position <= 4096) answered += 1
    }
    expect(answered).toBe(1000)
    expect(select("a".repeat(2_000_000), table("people"))).toHaveProperty("error.kind", "length")
  })
})
