// @vitest-environment node
import { describe, expect, it } from "vitest"
import corpus from "../../../tests/conformance/stats.json"
import { pairJob } from "./pair"
import {
  aurocSorted,
  benjaminiHochberg,
  hedgesG,
  type Moments,
  momentsOf,
  replicatedOnHalf,
  welchP,
} from "./stats"
import { groupLayer } from "./group"
import { halvesOf, rowsOf } from "./rows"
import { finish, layerOf, near, numberOf } from "./testing"

const numbers = (values: readonly unknown[]): Float64Array => Float64Array.from(values, numberOf)
const finite = (values: readonly unknown[]): Float64Array => numbers(values).filter(Number.isFinite).sort()

describe("the page computes what Python computes", () => {
  it.each(corpus.groups)("a group: $name", ({ values, expect: wanted }) => {
    const found = momentsOf(numbers(values))
    const pairs: [keyof Moments, unknown][] = [
      ["n", wanted.n],
      ["nonfinite", wanted.nonfinite],
      ["mean", wanted.mean],
      ["meanAbs", wanted.mean_abs],
      ["sd", wanted.sd],
      ["firingRate", wanted.firing_rate],
      ["max", wanted.max],
      ["min", wanted.min],
    ]
    for (const [key, value] of pairs) expect([key, found[key], near(found[key], numberOf(value))]).toContain(true)
  })

  it.each(corpus.pairs)("a pair: $name", ({ a, b, expect: wanted }) => {
    const [one, other] = [momentsOf(numbers(a)), momentsOf(numbers(b))]
    const { g, low, high } = hedgesG(one, other)
    const found = [one.mean - other.mean, g, low, high, aurocSorted(finite(a), finite(b)), welchP(one, other)]
    const values = [wanted.difference, wanted.g, wanted.g_low, wanted.g_high, wanted.auroc, wanted.p]
    expect(found.map((value, place) => (near(value, numberOf(values[place])) ? numberOf(values[place]) : value))).toEqual(
      values.map(numberOf),
    )
  })

  it.each(corpus.families)("a family of tests: $name", ({ p, q }) => {
    const found = benjaminiHochberg(numbers(p))
    expect(found).toHaveLength(q.length)
    q.forEach((value, test) => expect(near(found[test]!, numberOf(value))).toBe(true))
  })

  it.each(corpus.replications)("replication: $name", (rule) => {
    const found = rule.replicated.map((_, unit) =>
      replicatedOnHalf(
        numberOf(rule.difference0[unit]),
        numberOf(rule.q0[unit]),
        numberOf(rule.difference1[unit]),
        numberOf(rule.q1[unit]),
      ),
    )
    expect(found).toEqual(rule.replicated.map(numberOf))
  })
})

describe.each(["f32", "i8"] as const)("a whole comparison from %s values", (scheme) => {
  it.each(corpus.comparisons)("$name", ({ units, a, b, half, expect: wanted }) => {
    const layer = layerOf(units.map((values) => values.map(numberOf)), scheme, 0.125)
    const byHalf = (mask: readonly number[]) => halvesOf(Uint8Array.from(mask), Uint8Array.from(half))
    const stats = finish(pairJob([layer], byHalf(a), byHalf(b))).layers.get("x")!
    const columns: [Float32Array | Float64Array, readonly unknown[]][] = [
      [stats.difference, wanted.difference],
      [stats.g, wanted.g],
      [stats.gLow, wanted.g_low],
      [stats.gHigh, wanted.g_high],
      [stats.auroc, wanted.auroc],
      [stats.p, wanted.p],
      [stats.q, wanted.q],
      [stats.replicated, wanted.replicated],
    ]
    for (const [found, values] of columns) {
      const expected = values.map(numberOf)
      expect(Array.from(found, (value, unit) => (near(value, expected[unit]!) ? expected[unit] : value))).toEqual(expected)
    }
  })

  it("keeps n and the count of non-finite values per unit", () => {
    const { units, a, expect: wanted } = corpus.comparisons[0]!
    const layer = layerOf(units.map((values) => values.map(numberOf)), scheme, 0.125)
    const stats = finish(groupLayer(layer, rowsOf(Uint8Array.from(a))))
    expect(Array.from(stats.n)).toEqual(wanted.n_a)
    expect(stats.nonfinite[4]! + stats.n[4]!).toBe(44)
  })
})
