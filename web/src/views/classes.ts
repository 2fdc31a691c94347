/** Classes: how well one unit tells each value of a column from the others, from the values on this page. Pure. */

import type { Samples } from "../engine/samples"
import { FEWEST } from "../engine/stats"
import { equalTo } from "../filter/text"

/** A column that parts the samples; -1 belongs to no class. */
export interface Parting {
  readonly column: string
  readonly codes: Int32Array
  readonly classes: readonly { readonly name: string; readonly filter: string; readonly n: number }[]
}

export interface ClassScore {
  readonly n: number
  readonly auroc: number
  readonly low: number
  readonly high: number
  /** On half 0 and on half 1 of the samples. */
  readonly halves: readonly [number, number]
  /** 1: both halves on the same side of chance, their intervals without it; 0: not; NaN: too few samples. */
  readonly held: number
}

/** More values than this are no classes, but for what the recording itself calls its classes. */
const MOST = 20
const MOST_NAMED = 1000
const Z95 = 1.959963984540054

/** Columns with 2 to 20 values, and the `named` ones with up to 1,000, in the page's order. */
export function partings(samples: Samples, named: readonly (string | null)[] = []): Parting[] {
  return [...samples.columns.keys()].flatMap((name) => {
    const found = name === "half" || name === "sample" ? null : parting(samples, name, named.includes(name) ? MOST_NAMED : MOST)
    return found ? [found] : []
  })
}

function parting(samples: Samples, name: string, most: number): Parting | null {
  const column = samples.columns.get(name)!
  if (column.kind === "text") {
    return counted(name, column.codes, column.values, most, (value) => equalTo(name, value))
  }
  const { values } = column
  if (column.kind === "bool") {
    const codes = Int32Array.from(values, (value) => (value > 1 ? -1 : value))
    return counted(name, codes, ["no", "yes"], most, (value) => equalTo(name, value === "yes"))
  }
  const seen = new Set<number>()
  for (const value of values) {
    if (!Number.isNaN(value)) seen.add(value)
    if (seen.size > most) return null
  }
  const known = [...seen].sort((one, other) => one - other)
  if (!known.every(Number.isInteger)) return null
  const place = new Map(known.map((value, code) => [value, code]))
  const codes = Int32Array.from(values, (value) => place.get(value) ?? -1)
  return counted(name, codes, known.map(String), most, (value) => equalTo(name, Number(value)))
}

function counted(column: string, codes: Int32Array, names: readonly string[], most: number, filter: (name: string) => string): Parting | null {
  if (names.length > 4 * most) return null
  const counts = new Array<number>(names.length).fill(0)
  for (const code of codes) if (code >= 0) counts[code]!++
  const present = [...names.keys()].filter((code) => counts[code]! > 0)
  if (present.length < 2 || present.length > most) return null
  const place = new Int32Array(names.length).fill(-1)
  present.forEach((code, at) => (place[code] = at))
  return {
    column,
    codes: codes.map((code) => place[code] ?? -1),
    classes: present.map((code) => ({ name: names[code]!, filter: filter(names[code]!), n: counts[code]! })),
  }
}

/** Each class against all others; samples without a value or without a class are left out. */
export function scores(values: Float32Array, { codes, classes }: Parting, half: Uint8Array): ClassScore[] {
  const known = [...values.keys()].filter((row) => codes[row]! >= 0 && Number.isFinite(values[row]!))
  const rows = Uint32Array.from(known).sort((one, other) => values[one]! - values[other]!)
  const of = (some: Uint32Array) => ranked(values, some, codes, classes.length)
  const [all, first, second] = [of(rows), of(rows.filter((row) => half[row] === 0)), of(rows.filter((row) => half[row] === 1))]
  return classes.map((_, at) => {
    const [whole, one, other] = [all[at]!, first[at]!, second[at]!]
    const [low, high] = aurocInterval(whole.auroc, whole.inside, whole.outside)
    return { n: whole.inside, auroc: whole.auroc, low, high, halves: [one.auroc, other.auroc], held: held(one, other) }
  })
}

interface Ranked {
  readonly auroc: number
  readonly inside: number
  readonly outside: number
}

/** `rows` by rising value. Reference: Mann and Whitney 1947, with mid-ranks for ties. */
function ranked(values: Float32Array, rows: Uint32Array, codes: Int32Array, classes: number): Ranked[] {
  const [sums, counts] = [new Float64Array(classes), new Float64Array(classes)]
  for (let start = 0, end = 0; start < rows.length; start = end) {
    while (end < rows.length && values[rows[end]!] === values[rows[start]!]) end++
    const rank = (start + 1 + end) / 2
    for (let at = start; at < end; at++) {
      sums[codes[rows[at]!]!]! += rank
      counts[codes[rows[at]!]!]!++
    }
  }
  return Array.from(sums, (sum, code) => {
    const inside = counts[code]!
    const outside = rows.length - inside
    return { auroc: (sum - (inside * (inside + 1)) / 2) / (inside * outside), inside, outside }
  })
}

function held(one: Ranked, other: Ranked): number {
  if (Math.min(one.inside, one.outside, other.inside, other.outside) < FEWEST) return Number.NaN
  const side = ({ auroc, inside, outside }: Ranked): number => {
    const [low, high] = aurocInterval(auroc, inside, outside)
    return low > 0.5 ? 1 : high < 0.5 ? -1 : 0
  }
  return side(one) !== 0 && side(one) === side(other) ? 1 : 0
}

/** 95 % interval, within 0 to 1. Reference: Newcombe 2006, Confidence intervals for an effect size measure based on the Mann-Whitney statistic, method 5. */
export function aurocInterval(auroc: number, inside: number, outside: number): readonly [number, number] {
  if (Number.isNaN(auroc)) return [Number.NaN, Number.NaN]
  const spread = (at: number): number => {
    const pairs = (inside + outside) / 2 - 1
    const share = at * (1 - at) * (1 + pairs * ((1 - at) / (2 - at) + at / (1 + at)))
    return Math.sqrt(Math.max(0, share) / (inside * outside))
  }
  const bound = (end: 0 | 1): number => {
    let [near, far] = [auroc, end as number]
    for (let step = 0; step < 50; step++) {
      const middle = (near + far) / 2
      if (Math.abs(auroc - middle) <= Z95 * spread(middle)) near = middle
      else far = middle
    }
    return near
  }
  return [bound(0), bound(1)]
}
