/** Ablation: what the answers lose without one unit: measured now where the model runs, else as it was kept in the recording. */

import type { Result } from "../engine/results"
import { PYTHON } from "../source/python"
import { formatAddress } from "../state/address"
import type { Explorer, UnitRef } from "./explorer.svelte"

const WAYS: Readonly<Record<string, string>> = { mean: "by its mean", zero: "by 0", resample: "by another sample's" }
const ways = Object.keys(WAYS)

/** Which change a Result is of; units that are scaled are told apart by their factor. */
const wayOf = ({ params }: Result): string => (params["how"] === "scale" ? String(params["scale"]) : String(params["how"]))

export const wayName = (way: string): string => WAYS[way] ?? `by ${way} × itself`

export class UnitAblation {
  readonly #explorer: Explorer
  readonly #ref: () => UnitRef
  found = $state.raw<Result | null>(null)
  problem = $state("")

  readonly address = $derived.by(() => formatAddress(this.#ref().layer.name, this.#ref().unit))
  readonly live = $derived.by(() => this.#ref().layer.kind !== "input" && this.#explorer.engine.live)
  readonly #kept = $derived.by(() => this.#explorer.engine.resultsNamed("ablate").filter(({ params }) => JSON.stringify(params["units"]) === JSON.stringify([this.address])))
  readonly offered = $derived.by(() => {
    const kept = this.#kept.map(wayOf)
    return [...ways.filter((way) => this.live || kept.includes(way)), ...kept.filter((way, at) => !ways.includes(way) && kept.indexOf(way) === at)]
  })
  readonly asked = $derived.by(() => this.offered.find((way) => way === this.#explorer.own["without"]) ?? null)
  readonly way = $derived.by(() => this.asked ?? this.offered[0] ?? "mean")
  readonly measuring = $derived.by(() => this.live && this.asked !== null && this.found === null && this.problem === "")

  /** To be made while a component is. */
  constructor(explorer: Explorer, ref: () => UnitRef) {
    this.#explorer = explorer
    this.#ref = ref
    $effect(() => this.#read())
  }

  #read(): () => void {
    const stop = new AbortController()
    const held = this.#kept.find((one) => wayOf(one) === this.way)
    const answer = held ? Promise.resolve(held) : PYTHON && this.live && this.asked ? this.#explorer.engine.ask("ablate", { units: this.address, how: this.way }, stop.signal) : null
    this.found = null
    this.problem = ""
    answer
      ?.then(async (result) => {
        await result.read(...result.names)
        if (!stop.signal.aborted) this.found = result
      })
      .catch((failure: Error) => stop.signal.aborted || (this.problem = failure.message))
    return () => stop.abort()
  }
}

/** One number of a Result of an ablation. */
export const numberOf = (found: Result, name: string, place: number): number => found.now(name)?.data[place] ?? Number.NaN

export const metricName = (metric: string): string => (metric === "kl" ? "KL" : metric === "logits" ? "own output" : metric)

export function verdictOf(found: Result, place: number): string {
  const causal = numberOf(found, "causal", place)
  if (Number.isNaN(causal)) return "no verdict"
  return causal === 1 ? "causal" : numberOf(found, "low", place) <= 0 && numberOf(found, "high", place) >= 0 ? "not shown" : "not special"
}
