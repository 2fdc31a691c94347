import { deflateRawSync, gzipSync } from "node:zlib"

/** How far back gzip sees, less what a long text takes of it. */
const WINDOW = 28_000
/** Places that are tried: after so many of the texts most like it; and how often. */
const PLACES = 12
const ROUNDS = 4
/** Bytes that a place must promise before the whole is packed to see. */
const PROMISE = 2

/** The order with texts moved, to after one that it is like, where that makes the whole smaller when packed. */
export function nearer(texts: readonly string[], start: readonly number[], like: readonly ReadonlyMap<number, number>[]): readonly number[] {
  const packed = (order: readonly number[]): number => gzipSync(order.map((at) => texts[at]).join(""), { level: 9 }).length
  let order = start
  let least = packed(order)
  for (const at of Array.from({ length: ROUNDS }, () => [...texts.keys()]).flat()) {
    const others = order.filter((one) => one !== at)
    const now = cost(texts, others, order.indexOf(at), at)
    const [gain, place] = alike(texts, like[at]!)
      .map((one) => others.indexOf(one) + 1)
      .map((place) => [now - cost(texts, others, place, at), place] as const)
      .reduce((best, one) => (one[0] > best[0] ? one : best), [PROMISE, -1] as const)
    if (gain <= PROMISE) continue
    const tried = others.toSpliced(place, 0, at)
    const size = packed(tried)
    if (size < least) [order, least] = [tried, size]
  }
  return order
}

/** The texts most like one, for their length. */
function alike(texts: readonly string[], shared: ReadonlyMap<number, number>): readonly number[] {
  const likeness = ([at, much]: readonly [number, number]): number => much / texts[at]!.length ** 0.6
  return [...shared].sort((one, other) => likeness(other) - likeness(one)).slice(0, PLACES).map(([at]) => at)
}

/** What a text takes, packed, at a place among others. */
function cost(texts: readonly string[], others: readonly number[], place: number, at: number): number {
  let before = ""
  for (let one = place - 1; one >= 0 && before.length < WINDOW; one--) before = texts[others[one]!]! + before
  return deflateRawSync(texts[at]!, { level: 9, dictionary: Buffer.from(before.slice(-WINDOW)) }).length
}
