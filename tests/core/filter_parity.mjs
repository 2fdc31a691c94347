// Answers filters as the page does: one JSON question per line in, one JSON answer per line out.
// Argument: the folder web/, whose own bundler makes JavaScript of the filter's TypeScript.
import { createRequire } from "node:module"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { pathToFileURL } from "node:url"

const web = process.argv[2]
const { rolldown } = await import(pathToFileURL(createRequire(join(web, "package.json")).resolve("rolldown")).href)
const bundle = await rolldown({ input: join(web, "src", "filter", "index.ts") })
const { output } = await bundle.generate({ format: "esm" })
const filter = await import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`)

function columnOf({ name, kind, values }) {
  if (kind === "number") return filter.numberColumn(name, Float64Array.from(values, (one) => (one === null ? NaN : Number(one))))
  if (kind === "bool") return filter.boolColumn(name, Uint8Array.from(values, (one) => (one === null ? 255 : Number(one))))
  const distinct = [...new Set(values.filter((one) => one !== null))]
  return filter.textColumn(name, Int32Array.from(values, (one) => distinct.indexOf(one)), distinct)
}

function answer({ rows, columns, expressions }) {
  const table = filter.columnsOf(rows, columns.map(columnOf))
  return expressions.map((expression) => {
    const found = filter.select(expression, table)
    if ("error" in found) {
      const { kind, message, position, length, suggestion } = found.error
      return { kind, message, position, length, suggestion }
    }
    const hints = filter.hints(filter.parse(expression), table)
    return { mask: [...found.mask], canonical: found.canonical, hints }
  })
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`)
