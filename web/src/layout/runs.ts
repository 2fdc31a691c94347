/** Runs: an order cut into neighbours that are alike, as analysis/buckets.py does. */

/**
 * Where each of at most `most` runs starts. `profiles` holds one row of `width` numbers for each unit.
 *
 * The two neighbouring runs whose joining adds least to the sum of squares are joined until few enough are left, the
 * smaller ones first where that is equal (Ward 1963, neighbours only).
 */
export function runsAlike(profiles: Float32Array, width: number, order: ArrayLike<number>, most: number): number[] {
  const count = order.length
  const sums = Float64Array.from({ length: count * width }, (_, at) => {
    const value = profiles[order[Math.floor(at / width)]! * width + (at % width)]!
    return Number.isFinite(value) ? value : 0
  })
  const sizes = new Uint32Array(count).fill(1)
  const after = Int32Array.from({ length: count }, (_, place) => place + 1)
  const before = Int32Array.from({ length: count }, (_, place) => place - 1)
  const gone = new Uint8Array(count)
  const heap = new Heap()
  const version = new Uint32Array(count)
  const offer = (left: number): void => {
    const right = after[left]!
    if (left < 0 || right >= count) return
    const [one, other] = [sizes[left]!, sizes[right]!]
    let apart = 0
    for (let at = 0; at < width; at++) apart += (sums[left * width + at]! / one - sums[right * width + at]! / other) ** 2
    heap.push((apart * one * other) / (one + other), one + other, left, version[left]! + version[right]!)
  }
  for (let place = 0; place < count - 1; place++) offer(place)
  for (let left = count; left > Math.max(1, most); ) {
    const next = heap.pop()
    if (!next) break
    const [place, mark] = next
    const right = after[place]!
    // A pair that has changed since it was offered was offered again; versions only grow, so their sum tells.
    if (gone[place] || right >= count || version[place]! + version[right]! !== mark) continue
    for (let at = 0; at < width; at++) sums[place * width + at]! += sums[right * width + at]!
    sizes[place]! += sizes[right]!
    version[place]! += version[right]! + 1
    gone[right] = 1
    after[place] = after[right]!
    if (after[place]! < count) before[after[place]!] = place
    left--
    offer(place)
    if (before[place]! >= 0) offer(before[place]!)
  }
  return Array.from({ length: count }, (_, place) => place).filter((place) => !gone[place])
}

/** Smallest cost first, then fewest units, then the first place. */
class Heap {
  readonly #items: (readonly [number, number, number, number])[] = []

  push(cost: number, size: number, place: number, mark: number): void {
    const items = this.#items
    let at = items.push([cost, size, place, mark]) - 1
    for (let up = (at - 1) >> 1; at > 0 && before(items[at]!, items[up]!); up = (at - 1) >> 1) at = swap(items, at, up)
  }

  pop(): readonly [number, number] | null {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (!first || !last) return null
    if (items.length > 0) {
      items[0] = last
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        let least = at
        if (left < items.length && before(items[left]!, items[least]!)) least = left
        if (right < items.length && before(items[right]!, items[least]!)) least = right
        if (least === at) break
        at = swap(items, at, least)
      }
    }
    return [first[2], first[3]]
  }
}

type Item = readonly [number, number, number, number]

function before(one: Item, other: Item): boolean {
  return one[0] - other[0] < 0 || (one[0] === other[0] && (one[1] < other[1] || (one[1] === other[1] && one[2] < other[2])))
}

function swap(items: Item[], one: number, other: number): number {
  ;[items[one], items[other]] = [items[other]!, items[one]!]
  return other
}
