// @vitest-environment node
import { expect, test } from "vitest"
import { ablationOf, change, type Experiment, experimentOf, forwardOf, kept, signOf } from "./asked"

const own = (experiment: Experiment) => Object.fromEntries(Object.entries(kept(experiment)).filter((pair): pair is [string, string] => pair[1] !== null))

test.each<Experiment>([
  { row: 0, inputs: null, edits: [] },
  { row: 7, inputs: [1.5, -2, 1e-9], edits: [{ at: "0:11", factor: 0 }, { at: "a*b:2", factor: -0.5 }] },
])("an experiment comes back from the link as it was: %j", (experiment) => {
  expect(experimentOf(own(experiment), 10, 3)).toEqual(experiment)
})

test("nonsense in a link is left out", () => {
  expect(experimentOf({ row: "99", inputs: "1 2", edits: "x\n*3\n0:1*many" }, 10, 3)).toEqual({ row: 0, inputs: null, edits: [] })
})

test("a factor of 0 takes a unit out, another one scales it", () => {
  expect(forwardOf({ row: 2, inputs: null, edits: [{ at: "0:1", factor: 0 }, { at: "0:2", factor: 2 }] })).toEqual({
    row: 2,
    edits: [{ at: "0:1", how: "zero" }, { at: "0:2", how: "scale", factor: 2 }],
  })
  expect(forwardOf({ row: 2, inputs: [1, 2], edits: [] })).toEqual({ inputs: [[1, 2]], edits: [] })
})

test("a factor of 0 is measured as a replacement, another one as that factor, each in the samples it is asked of", () => {
  const [out, too, twice, half] = [{ at: "0:1", factor: 0 }, { at: "0:4", factor: 0 }, { at: "0:1", factor: 2 }, { at: "3:0", factor: 0.5 }]
  expect(ablationOf([out, too], "mean", null)).toEqual({ asked: { units: ["0:1", "0:4"], how: "mean" } })
  expect(ablationOf([twice], "zero", "age > 3")).toEqual({ asked: { units: ["0:1"], how: "scale", scale: 2, where: "age > 3" } })
  expect(ablationOf([twice, half], "mean", null)).toEqual({ refused: expect.stringContaining("0:1 × 2 and 3:0 × 0.5 are two") as string })
  expect(ablationOf([], "mean", null)).toHaveProperty("refused")
})

test("the sign of a question is FNV-1a's, so that a link is good on every machine, and another question has another", () => {
  expect(["", "a", "foobar"].map(signOf)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968].map((one) => one.toString(36)))
  const signs = [null, "age > 3"].flatMap((where) => [0, 2].map((factor) => signOf(JSON.stringify(ablationOf([{ at: "0:1", factor }], "mean", where)))))
  expect(new Set(signs).size).toBe(4)
})

test("the change of a unit is what it is now less what it was", () => {
  expect([...change(new Map([["0", Float32Array.of(3, 1)]]), new Map([["0", Float32Array.of(1, 1)]])).get("0")!]).toEqual([2, 0])
})
