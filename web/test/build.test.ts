import { existsSync } from "node:fs"
import { parseSync } from "vite"
import { describe, expect, it } from "vitest"
import { alike } from "../vite/alike"
import { NO_PYTHON, NO_VALUES } from "../vite/parts"

function built(code: string): string {
  const chunk = { type: "chunk", fileName: "app.js", code }
  const { generateBundle } = alike() as unknown as { generateBundle(options: object, bundle: object): void }
  generateBundle({}, { "app.js": chunk })
  return chunk.code
}

const numbers = Array.from({ length: 60 }, (_, at) => at)
const app = `(function(){${numbers.map((at) => `var v${at}=f${at}(${at}),C${at}=class{one(){return ${at}}},D${at}=class extends f${at}(C${at}){};function f${at}(x){return x${at % 3 ? "+" : "*"}${60 - at}}`).join("")}v0;return v1;})();`

describe("functions and classes that read alike", () => {
  it("stand together, while everything that runs keeps its order", () => {
    const isDefinition = (text: string) => /^(function|C\d+=class)/.test(text)
    const parts = (code: string) => {
      const [whole] = parseSync("app.js", code).program.body as unknown as [{ expression: { callee: { body?: { body: Statement[] }; expression?: { body: { body: Statement[] } } } } }]
      const { callee } = whole.expression
      const body = (callee.body ?? callee.expression!.body).body
      return body.flatMap((one) => one.declarations ?? [one]).map(({ start, end }) => code.slice(start, end))
    }
    const [before, after] = [parts(app), parts(built(app))]
    expect(after.filter((text) => !isDefinition(text))).toEqual(before.filter((text) => !isDefinition(text)))
    expect(after.filter(isDefinition)).not.toEqual(before.filter(isDefinition))
    expect([...after].sort()).toEqual([...before].sort())
    expect(after.slice(0, 120).every(isDefinition)).toBe(true)
    expect(after.slice(0, 60).every((text) => text.startsWith("function")) || after.slice(0, 60).every((text) => text.startsWith("C"))).toBe(true)
  })

  it("are left where they are in a script of few statements", () => {
    const small = "(function(){function b(){}function a(){}})();"
    expect(built(small)).toBe(small)
  })
})

interface Statement {
  readonly start: number
  readonly end: number
  readonly declarations?: readonly Statement[]
}

it("leaves out of an app only modules that there are", () => {
  expect([...Object.keys(NO_PYTHON), ...Object.keys(NO_VALUES)].filter((path) => !existsSync(path))).toEqual([])
})
