import { expect, test } from "vitest"
import type { LayerCard } from "../../contract/manifest"
import { beyond, gridCsv, type Likeness, partsOf, pathsOf } from "./grid"

const card = (name: string, units: number): LayerCard => ({ name, label: name, units, kind: "dense", position: [] }) as unknown as LayerCard
const cell = (row: number, column: number, debiased: number, line: number): Likeness => ({ row, column, of: { debiased, cka: debiased, null: line, p: 0.005 } })

test("every pair of layers is asked about once, small ones together and large ones alone", () => {
  const rows = [card("a", 8), card("b", 2000)]
  const columns = [card("x", 8), card("y", 16), card("z", 3000)]
  const parts = partsOf(rows, columns, 1000)
  expect(parts).toEqual([
    { row: 0, from: 0, to: 3 },
    { row: 1, from: 0, to: 2 },
    { row: 1, from: 2, to: 3 },
  ])
  // However many samples there are, an answer looks at no more than 4,096 of them.
  const long = partsOf(rows, columns, 1e9)
  expect(long).toEqual(partsOf(rows, columns, 4096))
  expect(long.flatMap(({ row, from, to }) => Array.from({ length: to - from }, (_, at) => `${row} ${from + at}`)).sort()).toEqual(["0 0", "0 1", "0 2", "1 0", "1 1", "1 2"])
  expect(partsOf(rows, [], 10)).toEqual([])
})

test("what is not known is not above chance", () => {
  expect([cell(0, 0, 0.5, 0.1), cell(0, 0, 0.1, 0.1), cell(0, 0, Number.NaN, Number.NaN)].map(beyond)).toEqual([true, false, false])
})

test("cells of one colour are one path", () => {
  const cells = [cell(0, 0, 0.9, 0), cell(0, 1, 0.1, 0), cell(1, 0, 0.9, 0)]
  expect(pathsOf(cells, ({ of }) => of.debiased * 10, ({ row, column }) => `${row}${column};`)).toEqual([[9, "00;10;"], [1, "01;"]])
})

test("the file names both layers and both recordings, and no formula runs", () => {
  const text = gridCsv([cell(0, 0, 0.5, Number.NaN)], [card("=cmd", 1)], [card("x", 1)], ["first", "second"], "a, b")
  expect(text.split("\r\n").slice(0, 2)).toEqual(["layer,other_layer,debiased,cka,null,p,recording,other,slice", "'=cmd,x,0.5,0.5,,0.005,first,second,\"a, b\""])
})
