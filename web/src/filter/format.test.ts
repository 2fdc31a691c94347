// @vitest-environment node
import { describe, expect, it } from "vitest"
import { boolColumn, columnsOf, numberColumn, textColumn } from "./columns"
import { select } from "./eval"
import { caretHelp, complete, describe as told, fixed, highlight, placeOf } from "./format"
import { hints } from "./hints"
import { parse } from "./parse"
import { corpus, tables } from "./testing"

const people = tables.get("people")!
const pieces = (source: string): string[] =>
  highlight(source, people).map(({ start, end, kind }) => `${kind}:${source.slice(start, end)}`)
const offered = (source: string): string[] => {
  const cursor = source.indexOf("|")
  return complete(source.replace("|", ""), cursor, people).map(({ text }) => text)
}
const problemOf = (source: string) => {
  const found = select(source, people)
  if (!("error" in found)) throw new Error(`no problem in ${source}`)
  return found.error
}

describe("highlighting", () => {
  it("names every piece", () => {
    expect(pieces('age > 30 and lower(sex) in ["male"]').filter((piece) => !piece.startsWith("blank"))).toEqual([
      "column:age", "operator:>", "number:30", "keyword:and", "function:lower", "operator:(", "column:sex",
      "operator:)", "keyword:in", "operator:[", 'text:"male"', "operator:]",
    ]) // prettier-ignore
  })

  it("marks names that are no column and functions that are none", () => {
    expect(pieces("agee")).toEqual(["unknown:agee"])
    expect(pieces("eval(1)")[0]).toBe("unknown:eval")
    expect(pieces("`home.dest`")).toEqual(["column:`home.dest`"])
  })

  it("marks what cannot be read to the end of the text", () => {
    expect(pieces("age > 'abc")).toEqual(["column:age", "blank: ", "operator:>", "blank: ", "error:'abc"])
    expect(pieces("age = 3")).toEqual(["column:age", "blank: ", "error:= 3"])
  })

  it("covers any text exactly, also with emoji and halves of characters", () => {
    const sources = [...corpus.errors, ...corpus.masks].map(({ expression }) => expression)
    for (const source of [...sources, "", " ", "\ud800😀", "😀 == '😀' and \udc00"]) {
      const spans = highlight(source)
      expect(spans.map(({ start, end }) => source.slice(start, end)).join("")).toBe(source)
    }
  })
})

describe("the place of a problem", () => {
  it("is told in the units of text fields", () => {
    const source = "name == '😀😀' and agee > 1"
    expect(problemOf(source).position).toBe(17)
    const { start, end } = placeOf(source, problemOf(source))
    expect(source.slice(start, end)).toBe("agee")
  })

  it("is the end of the text when something is missing", () => {
    expect(placeOf("age >", problemOf("age >"))).toEqual({ start: 5, end: 5 })
  })

  it("is shown by carets under a short piece of the source", () => {
    expect(caretHelp("agee > 3", problemOf("agee > 3"))).toEqual({ text: "agee > 3", caret: "^^^^" })
    const long = `${"adult and ".repeat(30)}agee > 3`
    const { text, caret } = caretHelp(long, problemOf(long), 40)
    expect(text.slice(caret.indexOf("^"), caret.lastIndexOf("^") + 1)).toBe("agee")
    expect(text.length).toBeLessThan(45)
  })
})

describe("a suggestion", () => {
  it.each([
    ["agee > 3", "age > 3"],
    ["sex == male", 'sex == "male"'],
    ["age > '30'", "age > 30"],
    ["pclass = 1", "pclass == 1"],
    ["adult && adult", "adult and adult"],
    ["adult AND adult", "adult and adult"],
    ["sex == 'male", "sex == 'male'"],
    ["adult and (age > 3", "adult and (age > 3)"],
    ["pclass in [1, 2", "pclass in [1, 2]"],
    ["adult == 1", "adult == true"],
    ["age == None", "age == null"],
    ["contain(sex, 'm')", "contains(sex, 'm')"],
  ])("mends %s", (broken, whole) => {
    expect(fixed(broken, problemOf(broken))).toBe(whole)
    expect(select(whole, people)).toHaveProperty("mask")
  })

  it("mends what a hint points at", () => {
    const source = "adult and age == null"
    const [hint] = hints(parse(source), people)
    expect(fixed(source, hint!)).toBe("adult and age is null")
  })

  it("is null when nobody knows", () => {
    expect(fixed("age >", problemOf("age >"))).toBeNull()
  })
})

describe("completion", () => {
  it("offers columns that are read only when a filter asks for them", () => {
    const columns = { ...columnsOf(1, [numberColumn("height", Float64Array.of(1))]), unlisted: ["height", "hedge type", "tree"] }
    expect(complete("he", 2, columns).map(({ text }) => text)).toEqual(["height", "`hedge type`"])
    expect(complete("tr", 2, columns)[0]).toEqual({ text: "tree", kind: "column", detail: "", start: 0, end: 2 })
    expect(highlight("tree == height", columns).map(({ kind }) => kind)).toEqual(["column", "blank", "operator", "blank", "column"])
    expect(highlight("trees", columns)[0]!.kind).toBe("unknown")
  })

  it("offers columns first, then functions and words", () => {
    expect(offered("|").slice(0, 3)).toEqual(["age", "fare", "pclass"])
    expect(offered("|")).toEqual(expect.arrayContaining(["contains(", "not"]))
    expect(offered("age > 3 and s|")).toEqual([
      "sex", "survived", "startswith(", "pclass", "home.dest", "contains(", "abs(", "false",
    ]) // prettier-ignore
  })

  it("offers operators that fit what stands before", () => {
    expect(offered("age |").slice(0, 2)).toEqual([">", ">="])
    expect(offered("sex |").slice(0, 3)).toEqual(["==", "!=", "in ["])
    expect(offered("adult |")).toEqual(["==", "!=", "and", "or", "is null"])
    expect(offered("age > 3 |")).toEqual(["and", "or"])
    expect(offered("age is |")).toEqual(["null", "not null"])
    expect(offered("age not |")).toEqual(["in"])
  })

  it.each([
    ["sex == |", ['"female"', '"male"']],
    ["sex != f|", ['"female"']],
    ['sex == "f|', ['"female"']],
    ["sex == 'ma|", ['"male"', '"female"']],
    ['sex in ["|', ['"female"', '"male"']],
    ['sex in ["male", |', ['"female"', '"male"']],
    ["sex not in [|", ['"female"', '"male"']],
    ["contains(sex, |", ['"female"', '"male"']],
    ["adult == |", ["true", "false"]],
    ["`home.dest` == |", ['"A"', '"B"', '"C"']],
  ])("offers the values of the column in %s", (source, values) => {
    expect(offered(source).slice(0, values.length)).toEqual(values)
  })

  it("replaces what was typed and quotes what must be quoted", () => {
    const [first] = complete("sex == 'fe", 10, people)
    expect(first).toEqual({ text: '"female"', kind: "value", detail: "sex", start: 7, end: 10 })
    const columns = tables.get("names")!
    expect(complete("tw", 2, columns)[0]).toMatchObject({ text: "`two words`", start: 0, end: 2 })
    expect(complete("`tick", 5, columns)[0]).toMatchObject({ text: "`tick``ed`", start: 0, end: 5 })
  })

  it("says what a column holds", () => {
    expect(told(people, "age")).toBe("number, 2 to 54")
    expect(told(people, "sex")).toBe("text: 'female', 'male'")
    expect(told(people, "name")).toMatch(/ and 5 more$/)
    expect(told(people, "adult")).toBe("true/false")
    expect(told(tables.get("numbers")!, "z")).toBe("number, always null")
  })

  it("never throws, wherever the cursor stands", () => {
    for (const { expression } of corpus.errors.filter(({ expression }) => expression.length < 60))
      for (let cursor = 0; cursor <= expression.length; cursor++)
        expect(Array.isArray(complete(expression, cursor, people))).toBe(true)
  })
})

describe("columns", () => {
  it("take the marks of nulls", () => {
    const column = numberColumn("a", Float64Array.of(1, 0, 3), Uint8Array.of(0, 1, 0))
    expect([...column.values]).toEqual([1, NaN, 3])
  })

  it("of one name or of unequal length are refused", () => {
    const one = boolColumn("a", Uint8Array.of(1))
    expect(() => columnsOf(1, [one, one])).toThrow("two columns are named 'a'")
    expect(() => columnsOf(2, [one])).toThrow("column 'a' has 1 rows; the others have 2")
  })

  it("of texts hold no halves of characters", () => {
    expect(textColumn("t", Int32Array.of(0), ["a\ud800"]).values).toEqual(["a\ufffd"])
  })
})
