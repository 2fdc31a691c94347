/** Understanding: what the analyses of this page say of units and layers; read once, then answered at once. */

import type { LayerCard } from "../contract/manifest"
import type { Engine } from "../engine/engine"
import { isMissing, type Result } from "../engine/results"

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
}

export interface Driver {
  readonly filter: string
  readonly score: number
  readonly heldout: number
  readonly shuffled: number
  readonly n: number
}

export class Understanding {
  readonly #engine: Engine
  health = $state.raw<Result | null>(null)
  /** One for each column that was asked. */
  selectivity = $state.raw<readonly Result[]>([])
  rank = $state.raw<Result | null>(null)
  order = $state.raw<Result | null>(null)

  constructor(engine: Engine) {
    this.#engine = engine
    void this.#read("health").then(([one]) => (this.health = one ?? null))
    void this.#read("selectivity").then((all) => (this.selectivity = all))
    void this.#read("rank").then(([one]) => (this.rank = one ?? null))
    const byCrossings = engine.resultsNamed("order").filter((one) => (one.params["by"] ?? "crossings") === "crossings")
    void this.#read("order", byCrossings).then(([one]) => (this.order = one ?? null))
  }

  async #read(name: keyof typeof AHEAD, found = this.#engine.resultsNamed(name)): Promise<readonly Result[]> {
    await Promise.all(found.map((one) => one.read(...AHEAD[name])))
    return found
  }

  /** Selectivity by a column, as shipped. */
  by(column: string): Result | null {
    return this.selectivity.find((one) => one.params["column"] === column) ?? null
  }

  /** The units of its layer most like a unit, or why that is not known. */
  async similar(layer: LayerCard, unit: number): Promise<readonly Similar[] | { readonly missing: string }> {
    const found = await this.#engine.results("similarity")
    if (isMissing(found)) return found
    const [index, value] = await Promise.all([found.value(`index\t${layer.name}`), found.value(`value\t${layer.name}`)])
    const k = index?.shape[1] ?? 0
    if (!index || !value || k === 0) return { missing: `This page was made without similarity for ${layer.label}.` }
    const whole = index.shape[0] !== layer.units
    const row = (name: string, data: ArrayLike<number>): ArrayLike<number> => (whole ? (found.part(name, layer.name) ?? []) : data)
    const [units, r] = [row(`index\t${layer.name}`, index.data), row(`value\t${layer.name}`, value.data)]
    return Array.from({ length: k }, (_, at) => ({ unit: units[unit * k + at]!, r: r[unit * k + at]! })).filter(
      (one) => one.unit >= 0 && one.unit < layer.units && one.unit !== unit && Number.isFinite(one.r),
    )
  }

  /** The slices that drive a unit; null when this page was not asked for them. */
  async drivers(address: string): Promise<{ readonly list: readonly Driver[]; readonly notes: readonly string[]; readonly by: string } | null> {
    const found = this.#engine.resultsNamed("drivers").find((one) => one.params["at"] === address)
    if (!found) return null
    await found.read("score", "heldout", "shuffled", "n")
    const at = (name: string, place: number): number => {
      const data = found.now(name)?.data
      return data?.[data.length === 1 ? 0 : place] ?? Number.NaN
    }
    const filters = found.coords["slice"] ?? []
    const list = filters.map((filter, place) => ({
      filter,
      score: at("score", place),
      heldout: at("heldout", place),
      shuffled: at("shuffled", place),
      n: at("n", place),
    }))
    return { list, notes: found.notes, by: found.params["score"] === "f1" ? "F1" : "average precision" }
  }
}
