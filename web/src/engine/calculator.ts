/** Calculator: owns the activations and runs jobs on them in slices of time; the same in a Worker and on the page. */

import { type GroupAnswer, groupJob, type Job, type SidesAnswer, sidesJob } from "./group"
import { type Heat, heatJob, type HeatRequest, type RowScore, scoreJob } from "./heat"
import { type LayerPlan, readColumn, readRow, type SampledLayer } from "./layer"
import { type Halves, type PairAnswer, pairJob } from "./pair"

/** `key` names a set of activations: layer, site and reduction. */
export type Question =
  | { readonly kind: "group"; readonly keys: readonly string[]; readonly rows: Uint32Array }
  | { readonly kind: "sides"; readonly keys: readonly string[]; readonly a: Uint32Array; readonly b: Uint32Array }
  | { readonly kind: "pair"; readonly keys: readonly string[]; readonly a: Halves; readonly b: Halves }
  | { readonly kind: "column"; readonly key: string; readonly unit: number }
  | { readonly kind: "heat"; readonly key: string; readonly request: HeatRequest }
  | { readonly kind: "scores"; readonly key: string; readonly by: RowScore }
  | { readonly kind: "row"; readonly keys: readonly string[]; readonly row: number }

export interface Answers {
  readonly group: GroupAnswer
  readonly sides: SidesAnswer
  readonly pair: PairAnswer
  readonly column: Float32Array
  readonly heat: Heat
  readonly scores: Float32Array
  readonly row: ReadonlyMap<string, Float32Array>
}

export type Answer = Answers[keyof Answers]

/** How long a job runs before others get a turn, in milliseconds. */
const SLICE = 12

/** Gives other work of this thread a turn; faster than a timer, which browsers hold back. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

export class Calculator {
  readonly #layers = new Map<string, SampledLayer>()
  readonly #cancelled = new Set<number>()

  /** Takes the rows of a set of activations; bytes of f32 schemes are numbers. */
  add(key: string, plan: LayerPlan, chunks: readonly ArrayBuffer[]): void {
    const quantised = plan.scheme === "u8" || plan.scheme === "i8"
    this.#layers.set(key, {
      plan,
      chunks: chunks.map((chunk) => (quantised ? new Uint8Array(chunk) : new Float32Array(chunk))),
    })
  }

  cancel(id: number): void {
    this.#cancelled.add(id)
  }

  /** null when it was cancelled on the way. */
  async answer(id: number, question: Question): Promise<Answer | null> {
    const job = this.#job(question)
    let until = performance.now() + SLICE
    for (;;) {
      const step = job.next()
      if (step.done) {
        this.#cancelled.delete(id)
        return step.value
      }
      if (performance.now() < until) continue
      await turn()
      if (this.#cancelled.delete(id)) return null
      until = performance.now() + SLICE
    }
  }

  #job(question: Question): Job<Answer> {
    switch (question.kind) {
      case "group":
        return groupJob(this.#pick(question.keys), question.rows)
      case "sides":
        return sidesJob(this.#pick(question.keys), question.a, question.b)
      case "pair":
        return pairJob(this.#pick(question.keys), question.a, question.b)
      case "column":
        return once(() => readColumn(this.#layer(question.key), question.unit))
      case "heat":
        return heatJob(this.#layer(question.key), question.request)
      case "scores":
        return scoreJob(this.#layer(question.key), question.by)
      case "row":
        return once(() => {
          const layers = this.#pick(question.keys)
          return new Map(layers.map((layer) => [layer.plan.layer, readRow(layer, question.row)]))
        })
    }
  }

  #pick(keys: readonly string[]): SampledLayer[] {
    return keys.map((key) => this.#layer(key))
  }

  #layer(key: string): SampledLayer {
    const layer = this.#layers.get(key)
    if (!layer) throw new Error(`the activations of ${key} have not been loaded`)
    return layer
  }
}

function* once<T>(work: () => T): Job<T> {
  return work()
}
