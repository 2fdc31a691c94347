/** Understanding: what the analyses of this page say of units and layers; read once, then answered at once. */

import type { LayerCard } from "../contract/manifest"
import type { Engine } from "../engine/engine"
import { isMissing, type Result } from "../engine/results"
import { formatAddress } from "../state/address"

/** Values read ahead, by Result. */
const AHEAD = {
  health: ["status", "score", "firing_bound"],
  selectivity: ["auroc", "best", "best_auroc", "heldout_class", "heldout_auroc", "replicated", "mi", "q", "csi", "modality", "sparseness"],
  rank: ["effective_rank"],
  order: ["crossings_before", "crossings_after", "crossings_random"],
} as const

export interface Similar {
  readonly unit: number
  readonly r: number
  /** The same on the held-out half, which had no say in the choice, with its interval; NaN where nothing is held out. */
  readonly heldout: number
  readonly low: number
  readonly high: number
}

export type Similarity = { readonly n: number; readonly list: readonly Similar[] } | { readonly missing: string }

export interface Driver {
  readonly filter: string
  readonly score: number
  readonly heldout: number
  readonly shuffled: number
  readonly n: number
}

export interface Drivers {
  readonly list: readonly Driver[]
  readonly why: string
  readonly by: string
}

export class Understanding {
  readonly #engine: Engine
  readonly #begun: Promise<unknown>
  health = $state.raw<Result | null>(null)
  /** Whether it is known if there is such a Result. */
  judged = $state(false)
  /** One for each column that was asked. */
  selectivity = $state.raw<readonly Result[]>([])
  rank = $state.raw<Result | null>(null)
  order = $state.raw<Result | null>(null)

  constructor(engine: Engine) {
    this.#engine = engine
    this.#begun = this.#begin()
    this.#begun.catch(() => (this.judged = true))
  }

  async #begin(): Promise<void> {
    const engine = this.#engine
    await Promise.all((["health", "selectivity", "rank", "order"] as const).map((name) => engine.results(name)))
    void this.#read("health").then(([one]) => (this.health = one ?? null)).finally(() => (this.judged = true))
    void this.#read("rank").then(([one]) => (this.rank = one ?? null))
    const byCrossings = engine.resultsNamed("order").filter((one) => (one.params["by"] ?? "crossings") === "crossings")
    void this.#read("order", byCrossings).then(([one]) => (this.order = one ?? null))
    this.selectivity = await this.#read("selectivity")
  }

  async #read(name: keyof typeof AHEAD, found = this.#engine.resultsNamed(name)): Promise<readonly Result[]> {
    await Promise.all(found.map((one) => one.read(...AHEAD[name])))
    return found
  }

  /** Asks for selectivity by another column, where somebody can answer. */
  async want(column: string): Promise<void> {
    await this.#begun
    const found = this.by(column) ? null : await this.#engine.results("selectivity", { column })
    if (!found || isMissing(found)) return
    await found.read(...AHEAD.selectivity)
    this.selectivity = [...this.selectivity, found]
  }

  /** Selectivity by a column, where it is known. */
  by(column: string): Result | null {
    return this.selectivity.find((one) => one.params["column"] === column) ?? null
  }

  /** The units of its layer most like a unit, or why that is not known. */
  async similar(layer: LayerCard, unit: number): Promise<Similarity> {
    // Of a server only those of this unit are asked for.
    const { served } = this.#engine
    const found = await this.#engine.results("similarity", served ? { at: formatAddress(layer.name, unit) } : {})
    if (isMissing(found)) return found
    await found.read("index", "similar", ...LIKE)
    const texts = found.now("similar")?.texts ?? []
    const units = served ? Array.from(found.now("similar")?.data ?? [], (code) => Number(texts[code]!.split(":").at(-1))) : ranks(found, "index", layer, unit)
    const [r, heldout, low, high] = LIKE.map((name) => (served ? [...(found.now(name)?.data ?? [])] : ranks(found, name, layer, unit)))
    const list = units
      .map((other, at) => ({ unit: other, r: r![at]!, heldout: heldout![at]!, low: low![at]!, high: high![at]! }))
      .filter((one) => one.unit >= 0 && one.unit < layer.units && one.unit !== unit && Number.isFinite(one.r))
    return { n: Object.values(found.n)[0] ?? Number.NaN, list }
  }

  /** The slices that drive a unit, or why none is named; null when this page was not asked for them. */
  async drivers(layer: LayerCard, unit: number): Promise<Drivers | null> {
    const [found] = this.#engine.resultsNamed("drivers").filter((one) => one.layers.length > 0)
    if (!found?.layers.includes(layer.name)) return this.#asked(formatAddress(layer.name, unit))
    await found.read(...DRIVEN, "slice", "why")
    const [score, heldout, shuffled, n, slice] = [...DRIVEN, "slice"].map((name) => ranks(found, name, layer, unit))
    const texts = found.now("slice")?.texts ?? []
    const list = slice!.map((code, at) => {
      return { filter: texts[code] ?? "", score: score![at]!, heldout: heldout![at]!, shuffled: shuffled![at]!, n: n![at]! }
    })
    return { list: list.filter((one) => one.filter !== ""), why: found.textOf("why", layer.name, unit), by: scoreOf(found) }
  }

  /** The same, of one unit, from Python. */
  async #asked(at: string): Promise<Drivers | null> {
    const found = await this.#engine.results("drivers", { at })
    if (isMissing(found)) return null
    await found.read(...DRIVEN)
    const of = (name: (typeof DRIVEN)[number], place: number): number => found.now(name)?.data[place] ?? Number.NaN
    const list = (found.coords["slice"] ?? []).map((filter, at) => ({ filter, score: of("score", at), heldout: of("heldout", at), shuffled: of("shuffled", at), n: of("n", at) }))
    return { list, why: found.notes[0] ?? "", by: scoreOf(found) }
  }
}

const scoreOf = ({ params }: Result): string => (params["score"] === "f1" ? "F1" : "average precision")

const LIKE = ["value", "heldout", "heldout_low", "heldout_high"] as const
const DRIVEN = ["score", "heldout", "shuffled", "n"] as const

/** One unit's row of a value [unit, rank]. */
function ranks(found: Result, name: string, layer: LayerCard, unit: number): number[] {
  const k = found.now(name)?.shape[1] ?? 0
  return [...(found.part(name, layer.name)?.subarray(unit * k, (unit + 1) * k) ?? [])]
}
