/** Unit: what the page knows of one neuron, for the inspector and the neuron's page. */

import type { Influence, Neighbour, Reduction } from "../engine/api"
import { GROUPED } from "../engine/notes"
import { formatAddress } from "../state/address"
import { answered } from "../ui/answered"
import type { Term } from "../ui/definitions"
import { about, activationName, chance, count, isNumber, number, operatorName, percent, plural, score, signed, unitName } from "../ui/format"
import { type Effect, effects } from "./effects"
import type { Explorer, UnitRef } from "./explorer.svelte"
import { healthOf } from "./health"
import type { Similarity } from "./understanding.svelte"
import { eitherSigned, FIRES, replication } from "./words"
import { weightNote } from "./weights"

/** Between two signed numbers no plus is needed. */
export function interval(low: number, high: number): string {
  return Number.isFinite(low) ? `[${signed(low).replace("+", "")}, ${signed(high).replace("+", "")}]` : ""
}

const RANKINGS = ["max", "mean"] as const

/** Stands where a number is on its way. */
export const LOADING = "…"

export interface Bar {
  readonly key: string
  readonly layer: string
  readonly name: string
  readonly weight: number
  /** How well that is known. */
  readonly known?: string
}

export interface Linked {
  readonly name: string
  readonly by: string
  readonly term: Term
  readonly bars: readonly Bar[]
  readonly note: string | null
  /** Samples behind it; NaN for weights. */
  readonly n: number
}

type Statistic = "n" | "mean" | "meanAbs" | "sd" | "firingRate" | "max"

export class UnitFacts {
  readonly #explorer: Explorer
  readonly #ref: () => UnitRef
  readonly #most: number
  /** Every sample's value; null while they are read. */
  values = $state.raw<Float32Array | null>(null)
  step = $state(0)
  /** The same by the reduction that samples are ranked by. */
  #largest = $state.raw<Float32Array | null>(null)
  /** Why there are no values. */
  failed = $state("")
  #influence = $state.raw<Influence | null>(null)
  /** null while it is looked up. */
  similar = $state.raw<Similarity | null>(null)

  readonly layer = $derived.by(() => this.#ref().layer)
  readonly unit = $derived.by(() => this.#ref().unit)
  readonly address = $derived(formatAddress(this.layer.name, this.unit))
  readonly card = $derived.by(() => this.#explorer.manifest.activations.find((one) => one.layer === this.layer.name))
  readonly exact = $derived.by(() => this.#explorer.engine.isWhole(this.layer.name) || (this.values !== null && this.#explorer.engine.isExact(this.values)))
  /** What may stand for a channel's places where samples are ranked: the maximum first, as in naut.top. */
  readonly rankings = $derived.by((): readonly Reduction[] => {
    const { activations } = this.#explorer.manifest
    const { layer } = this
    return layer.position.length === 0 ? [] : RANKINGS.filter((by) => activations.some((one) => one.layer === layer.name && one.site === "post" && one.reduction === by))
  })
  /** null where a unit has but one value. */
  readonly ranking = $derived.by(() => this.rankings.find((by) => by === this.#explorer.own["rank"]) ?? this.rankings[0] ?? null)
  readonly ranked = $derived.by(() => (this.ranking === "max" ? this.#largest : this.values))
  readonly rankedExactly = $derived.by(() => this.exact || (this.ranked !== null && this.#explorer.engine.isExact(this.ranked)))
  readonly stats = $derived.by(() => {
    const { a, b, waiting } = this.#explorer
    const groups = waiting ? [null, null] : b ? [a, b] : [a]
    return groups.map((group) => {
      const values = group?.layers.get(this.layer.name)
      return group && { exact: group.exact, values, n: values?.n[this.unit] ?? group.n }
    })
  })
  readonly nonfinite = $derived.by(() => this.#explorer.all?.layers.get(this.layer.name)?.nonfinite[this.unit] ?? 0)
  readonly problem = $derived.by(() => this.#explorer.a?.problems.get(this.layer.name) ?? this.#explorer.b?.problems.get(this.layer.name))
  /** Whether its health is still looked up: until then the counts of this page would judge it otherwise. */
  readonly judging = $derived.by(() => this.layer.kind !== "input" && (!this.#explorer.understanding.judged || this.#explorer.all === null))
  readonly health = $derived.by(() => {
    const { health, all } = this.#explorer
    return this.layer.kind === "input" || this.judging ? null : healthOf(health, this.layer, this.unit, all?.layers.get(this.layer.name))
  })
  readonly facts = $derived.by(() => {
    const { layer, card } = this
    return [
      operatorName(layer.operator),
      layer.activation ? activationName(layer.activation) : null,
      plural(layer.units, layer.unitWord),
      layer.position.length > 0 ? `${card?.reduction ?? "mean"} over ${layer.position.join("×")}` : null,
    ].filter((fact) => fact !== null)
  })
  /** What takes either sign does not fire, and says little by its size alone. */
  readonly rows = $derived.by(() => {
    const either = eitherSigned(this.layer)
    const statistic = (name: string, term: Statistic, write = number) => {
      const values = this.stats.map((group) => (term === "n" ? group?.n : group?.values?.[term][this.unit]) ?? Number.NaN)
      return { name, term, values, write, texts: this.stats.map((group, side) => (group ? (term === "n" ? write(values[side]!) : about(write(values[side]!), group.exact)) : LOADING)) }
    }
    const [meanAbs, mean, sd] = [statistic("Mean |a|", "meanAbs"), statistic("Mean", "mean"), statistic("SD", "sd")]
    return [
      statistic("Samples", "n", count),
      ...(either ? [mean, sd, meanAbs] : [meanAbs, mean, sd]),
      ...(either ? [] : [statistic(FIRES, "firingRate", percent)]),
      statistic("Max", "max"),
    ]
  })
  readonly contrast = $derived.by(() => {
    const { pair, manifest } = this.#explorer
    const all = pair?.layers.get(this.layer.name)
    const at = this.unit
    if (!pair || !all || !Number.isFinite(all.g[at]!)) return null
    const unjudged = manifest.samples.grouped && !pair.exact
    return {
      g: about(signed(all.g[at]!).replace("+", ""), pair.exact),
      interval: Number.isFinite(all.gLow[at]) ? about(interval(all.gLow[at]!, all.gHigh[at]!), pair.exact) : "",
      q: unjudged ? GROUPED : about(chance(all.q[at]!), pair.exact),
      auroc: about(score(all.auroc[at]!), pair.exact),
      replicated: unjudged ? GROUPED : replication(all.replicated[at]!),
    }
  })
  /** Weights are known once the edges are; reading them makes these lists follow. */
  readonly links: readonly Linked[] = $derived.by(() => {
    const { explorer, layer, unit } = this
    const { edges, layers } = explorer.manifest.model
    const known = explorer.edges.length > 0
    const k = this.#most
    const acted = (way: "forward" | "backward") => (this.#influence ? effects(layers, layer, this.#influence, way, k + 1) : [])
    const { n, measured } = this.#influence ?? {}
    const spread = measured ?? (n ? `Means over ${count(n)} samples, recorded without spread. With interval and halves: naut.influence(rec, "${this.address}", model=net)` : null)
    const of = (name: string, by: string, term: Term, bars: readonly Bar[], note: string | null = null, n = Number.NaN): Linked => ({ name, by, term, bars, note, n })
    return [
      of("Strongest inputs", "by weight", "weight", known ? this.#bars(explorer.engine.inputsOf(layer.name, unit, k)) : [], weightNote(edges.filter((edge) => edge.target === layer.name), explorer.cards) || null),
      of("Strongest outputs", "by weight", "weight", known ? this.#bars(explorer.engine.outputsOf(layer.name, unit, k)) : [], weightNote(edges.filter((edge) => edge.source === layer.name), explorer.cards) || null),
      of("Influenced by", "all earlier units", "influence", this.#asBars(acted("backward")), spread, n),
      of("Influence on", "outputs, next layer", "influence", this.#asBars(acted("forward")), spread, n),
    ].filter(({ bars }) => bars.length > 0)
  })
  readonly groups = $derived.by(() => {
    const { values } = this
    const { sides, waiting } = this.#explorer
    if (!values || waiting) return []
    if (!sides) return [{ name: "all", tone: "ink" as const, values }]
    return [
      { name: "A", tone: "a" as const, values: values.filter((_, row) => sides.maskA[row] === 1) },
      { name: "B", tone: "b" as const, values: values.filter((_, row) => sides.maskB[row] === 1) },
    ]
  })
  /** Whether values shown here are near, not exact. */
  readonly rounded = $derived.by(() => !this.exact && (this.card?.error ?? 0) > 0 && !this.failed)

  get explorer(): Explorer {
    return this.#explorer
  }

  /** To be made while a component is; `most` is how many each list names. */
  constructor(explorer: Explorer, ref: () => UnitRef, most: number) {
    this.#explorer = explorer
    this.#ref = ref
    this.#most = most
    // Of another unit nothing is known yet; of the same one, what is known stays until the recording as it is now answers.
    $effect(() => {
      void this.address
      this.values = this.#largest = this.similar = null
    })
    $effect(() => this.#read(this.layer.name, this.unit))
    $effect(() => {
      if (this.layer.kind === "input") return
      return answered(
        () => explorer.understanding.similar(this.layer, this.unit),
        (answer) => (this.similar = answer),
        (missing) => (this.similar = { missing }),
      )
    })
    $effect(() => {
      if (this.ranking !== "max") return
      return answered(
        () => explorer.engine.unitValues(this.layer.name, this.unit, "max"),
        (column) => (this.#largest = column),
      )
    })
  }

  #read(layer: string, unit: number): () => void {
    const { engine } = this.#explorer
    this.failed = ""
    const forget = answered(
      () => Promise.all([engine.unitValues(layer, unit), engine.valueStep(layer, unit)]),
      ([column, between]) => {
        this.values = column
        this.step = engine.isExact(column) ? 0 : between
      },
      (failed) => (this.failed = failed),
    )
    const leave = answered(
      () => engine.influence(layer, unit),
      (answer) => (this.#influence = answer),
      () => (this.#influence = null),
    )
    return () => (forget(), leave())
  }

  #asBars(list: readonly Effect[]): readonly Bar[] {
    return this.#bars(list.map((one) => ({ layer: one.layer.name, unit: one.unit, weight: one.value })))
  }

  #bars(list: readonly Neighbour[]): readonly Bar[] {
    return list.map((one) => {
      const far = this.#explorer.cards.get(one.layer)
      return {
        key: formatAddress(one.layer, one.unit),
        layer: far?.unitNames && !isNumber(unitName(far, one.unit)) ? "" : (far?.label ?? one.layer),
        name: far ? unitName(far, one.unit) : String(one.unit),
        weight: one.weight,
      }
    })
  }
}
