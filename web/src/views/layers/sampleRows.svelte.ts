/** Sample rows: a layer's samples in the order that the link asks for, and what part of them is in sight. */

import type { Explorer } from "../explorer.svelte"
import { partedOf } from "../parted"
import { answered } from "../../ui/answered"
import { ordered, partsOf, ROW_ORDERS, type Run, runsOf, seenIn } from "../rowOrder"

const SLICE = "slice:"

export class SampleRows {
  readonly #explorer: Explorer
  /** Its name. */
  readonly #layer: () => string
  #scores = $state.raw<{ readonly of: string; readonly values: Float32Array } | null>(null)
  /** Counts the columns that slices waited for. */
  #read = $state(0)
  failed = $state("")

  readonly parted = $derived.by(() => partedOf(this.#explorer))
  readonly parting = $derived.by(() => this.parted.all.find((one) => one.column === this.#explorer.own["column"]) ?? this.parted.parting)
  /** A damaged recording may have two of one name. */
  readonly #slices = $derived.by(() => this.#explorer.named.filter(({ name }, at, all) => all.findIndex((one) => one.name === name) === at))
  readonly #slice = $derived.by(() => this.#slices.find(({ name }) => SLICE + name === this.#explorer.own["sort"]) ?? null)
  readonly sort: string = $derived.by(() => {
    const { own, sides } = this.#explorer
    const asked = own["sort"] ?? ""
    if (this.#slice || (ROW_ORDERS.some((one) => one === asked) && (asked !== "groups" || sides))) return asked
    return sides ? "groups" : this.parting ? "class" : "mean"
  })
  readonly choices = $derived.by(() => [
    ["class", "by class", !this.parting] as const,
    ["groups", "by A and B", !this.#explorer.sides] as const,
    ...this.#slices.map(({ name }) => [SLICE + name, `in ${name} first`] as const),
    ["mean", "by activity"] as const,
    ["likeness", "by likeness"] as const,
    ["index", "as recorded"] as const,
  ])

  /** Which part a sample belongs to; -1 where it belongs to none, or nobody knows. */
  readonly codes: Int32Array | null = $derived.by(() => {
    const { sides } = this.#explorer
    if (this.sort === "class") return this.parting?.codes ?? null
    if (this.#slice) return this.#codesIn(this.#slice.expression)
    return this.sort === "groups" && sides ? partsOf(sides.maskA, sides.maskB) : null
  })
  readonly total = $derived.by(() => (this.#explorer.columns ? this.#explorer.engine.samples.n : 0))
  /** The activity or likeness that is asked for; empty where samples stay as recorded. */
  readonly #wanted = $derived.by(() => (this.sort === "index" || !this.#layer() ? "" : `${this.#layer()}\n${this.sort === "likeness" ? "likeness" : "mean"}`))
  readonly #all = $derived.by(() => (this.#wanted === "" || this.#scores?.of === this.#wanted ? ordered(this.total, this.codes, this.#wanted ? this.#scores!.values : null) : null))
  /** The part of them that is in sight, 0 to 1. */
  readonly #seen = $derived.by(() => seenIn(this.#explorer.own["seen"]))
  readonly rows = $derived.by(() => this.#all?.subarray(Math.round(this.#seen[0] * this.total), Math.round(this.#seen[1] * this.total)) ?? null)
  readonly runs: readonly Run[] = $derived.by(() => (this.rows ? runsOf(this.rows, this.codes) : []))

  constructor(explorer: Explorer, layer: () => string) {
    this.#explorer = explorer
    this.#layer = layer
    $effect(() => {
      const of = this.#wanted
      if (of === "") return
      this.failed = ""
      return answered(
        (signal) => explorer.engine.rowScores(layer(), this.sort === "likeness" ? "likeness" : "mean", signal),
        (values) => (this.#scores = { of, values }),
        (problem) => (this.failed = problem),
      )
    })
  }

  /** In it, not in it, and those that it has no answer for; null until its columns are read. */
  #codesIn(expression: string): Int32Array | null {
    void this.#read
    const answers = [expression, `not (${expression})`].map((text) => this.#explorer.engine.mask(text))
    const masks = answers.flatMap((answer) => ("mask" in answer ? [answer.mask] : []))
    for (const answer of answers) if ("error" in answer) void answer.error.pending?.then(() => this.#read++, () => undefined)
    return masks.length === 2 ? partsOf(masks[0]!, masks[1]!) : null
  }

  groupName(code: number): string {
    if (this.#slice) return code < 0 ? "unknown" : code === 0 ? this.#slice.name : `not ${this.#slice.name}`
    if (this.sort === "groups") return code < 0 ? "neither" : "AB"[code]!
    return code < 0 ? "no class" : (this.parting?.classes[code]?.name ?? "")
  }

  see(from: number, to: number): void {
    this.#explorer.keep({ seen: from <= 0 && to >= 1 ? null : `${Number(from.toFixed(9))},${Number(to.toFixed(9))}` }, true)
  }

  /** Fewer samples or more of them, the one at `at` (0 to 1) staying where it is; or the same, moved by a part of them. */
  zoom(factor: number, at: number, by = 0): void {
    const [from, to] = this.#seen
    const part = Math.min(1, Math.max(Math.min(8, this.total) / Math.max(1, this.total), (to - from) * factor))
    const start = Math.max(0, Math.min(1 - part, from + (to - from - part) * at + by * part))
    this.see(start, start + part)
  }
}
