import { nearer } from "./nearer.ts"

/** Runs of so many signs are compared; one that more texts share says nothing. All values were found by trying. */
const RUN = 6
const COMMON = 80
/** What is left, after a thousand signs, of the likeness to a text. */
const FADE = 0.96
/** How far likeness to a text counts beside a greater likeness to another. */
const SECOND = 0.3
/** Longer texts are more like all others: by this power of their length. */
const LENGTH = 0.6

/** Texts in an order in which each follows what it is most like, measured by the rare runs of signs that both have. */
export function chain(texts: readonly string[]): readonly string[] {
  const shared = likenesses(texts)
  const near = new Float64Array(texts.length)
  const left = new Set(texts.keys())
  const order: number[] = []
  for (let at = longest(texts); at >= 0; ) {
    left.delete(at)
    order.push(at)
    const fade = FADE ** (texts[at]!.length / 1000)
    let [next, most] = [-1, -1]
    for (const other of left) {
      const [before, now] = [near[other]! * fade, shared[at]!.get(other) ?? 0]
      near[other] = Math.max(before, now) + SECOND * Math.min(before, now)
      const likeness = near[other]! / texts[other]!.length ** LENGTH
      if (likeness > most) [next, most] = [other, likeness]
    }
    at = next
  }
  return nearer(texts, order, shared).map((at) => texts[at]!)
}

function longest(texts: readonly string[]): number {
  return texts.reduce((best, text, at) => (text.length > (texts[best]?.length ?? 0) ? at : best), -1)
}

/** How much each text has of each other: the rarer a run, the more. */
function likenesses(texts: readonly string[]): readonly Map<number, number>[] {
  const holders = new Map<string, number[]>()
  for (const [at, text] of texts.entries()) {
    for (const run of runs(text)) {
      const known = holders.get(run)
      if (known) known.push(at)
      else holders.set(run, [at])
    }
  }
  const likeness = texts.map(() => new Map<number, number>())
  for (const those of holders.values()) {
    if (those.length < 2 || those.length > COMMON) continue
    const rare = Math.log(texts.length / those.length)
    for (const one of those) for (const other of those) likeness[one]!.set(other, (likeness[one]!.get(other) ?? 0) + rare)
  }
  return likeness
}

function runs(text: string): Set<string> {
  const found = new Set<string>()
  for (let start = 0; start + RUN <= text.length; start++) found.add(text.slice(start, start + RUN))
  return found
}
