import { existsSync } from "node:fs"
import { parseSync } from "vite"
import { describe, expect, it } from "vitest"
import { alike } from "../vite/alike"
import { NO_PYTHON } from "../vite/parts"

function built(code: string): string {
  const chunk = { type: "chunk", fileName: "app.js", code }
  const { generateBundle } = alike() as unknown as { generateBundle(options: object, bundle: object): void }
  generateBundle({}, { "app.js": chunk })
  return chunk.code
}

const numbers = Array.from({ length: 60 }, (_, at) => at)
const app = `(function(){${numbers.map((at) => `var v${at}=f${at}(${at});function f${at}(x){return x${at % 3 ? "+" : "*"}${60 - at}}`).join("")}v0;return v1;})();`

describe("functions that read alike", () => {
  it("stand together, while everything that runs keeps its order", () => {
    const texts = (code: string, functions: boolean) => {
      const [whole] = parseSync("app.js", code).program.body as unknown as [{ expression: { callee: { body?: { body: Statement[] }; expression?: { body: { body: Statement[] } } } } }]
      const { callee } = whole.expression
      const body = (callee.body ?? callee.expression!.body).body
      return body.filter(({ type }) => (type === "FunctionDeclaration") === functions).map(({ start, end }) => code.slice(start, end))
    }
    const after = built(app)
    expect(texts(after, false)).toEqual(texts(app, false))
    expect(texts(after, true)).not.toEqual(texts(app, true))
    expect(texts(after, true).sort()).toEqual(texts(app, true).sort())
  })

  it("are left where they are in a script of few statements", () => {
    const small = "(function(){function b(){}function a(){}})();"
    expect(built(small)).toBe(small)
  })
})

interface Statement {
  readonly type: string
  readonly start: number
  readonly end: number
}

it("leaves out of a file only modules that there are", () => {
  expect(Object.keys(NO_PYTHON).filter((path) => !existsSync(path))).toEqual([])
})
