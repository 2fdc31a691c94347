/** Remote: what the page does not carry is asked of Python; its numbers are Python's own. */

import type { LayerCard, Manifest } from "../contract/manifest"
import type { Column } from "../filter/columns"
import { type About, type Answer, type DataSource, Refused } from "../source/DataSource"
import type { EdgeArrays, GroupStats, Influence, LayerStats, PairLayerStats, Reduction, Side, WorkCounters } from "./api"
import { Arrays, asDoubles, asFloats } from "./arrays"
import { evenly, type Heat, type HeatRequest, type RowScore } from "./heat"
import { type LayerMaps, mapsOf } from "./maps"
import { Recent } from "./recent"
import { type Missing, type Params, Result } from "./results"
import { type Listed, type Preview, readColumn, Samples, type Sheet } from "./samples"

/** Results kept. */
const KEPT = 64
/** Recorded numbers up to which whole analyses are asked while a person waits. */
const LARGEST = 200_000_000
/** Recorded numbers that one answer is about. */
const BATCH = 100_000_000
/** Rows and units that one picture is asked of, at most. */
const DRAWN = 8192
/** How long a picture is not asked for, in milliseconds, as another may be wanted at once. */
const PAUSE = 60
/** Those that go once over everything, and go on where they were stopped: asked anew where the server had no time, after so many milliseconds. */
const PASSING: ReadonlySet<string> = new Set(["activity", "contrast", "compare"])
const AGAIN = [1000, 4000]
/** Those that take more than one pass over everything. */
const WHOLE: ReadonlySet<string> = new Set(["health", "selectivity", "rank", "cka", "similarity", "order"])

type PairLayers = ReadonlyMap<string, PairLayerStats>

export class Remote {
  readonly #source: DataSource
  readonly #manifest: Manifest
  readonly #layers: ReadonlyMap<string, LayerCard>
  readonly #counters: WorkCounters
  readonly #about: About | null
  readonly #kept = new Recent<Promise<Result | Missing>>(KEPT)
  readonly #known = new Map<string, { readonly params: Params; readonly result: Result }[]>()
  #turn: Promise<unknown> = Promise.resolve()
  /** Names of what was asked: that Python keeps such answers is no news. Ablations are: they come with the manifest. */
  readonly asked = new Set<string>()
  /** Whether the recording has turned out to hold no influence. */
  uninfluenced = false

  constructor(source: DataSource, manifest: Manifest, layers: ReadonlyMap<string, LayerCard>, counters: WorkCounters, about: About | null) {
    this.#source = source
    this.#manifest = manifest
    this.#layers = layers
    this.#counters = counters
    this.#about = about
  }

  /** Whether a query of that name is answered. */
  offers(name: string): boolean {
    return this.#about?.queries.includes(name) ?? true
  }

  async ask(name: string, params: object, signal?: AbortSignal): Promise<Result> {
    this.#counters.queries++
    if (name !== "ablate") this.asked.add(name)
    for (const pause of PASSING.has(name) ? AGAIN : []) {
      try {
        return this.#result(await this.#source.query!(name, params, signal))
      } catch (problem) {
        if (!(problem instanceof Refused && ["timeout", "busy"].includes(problem.kind))) throw problem
        await new Promise((resolve) => setTimeout(resolve, pause))
        signal?.throwIfAborted()
      }
    }
    return this.#result(await this.#source.query!(name, params, signal))
  }

  /** A Result by Python's name and arguments, kept; or why there is none. */
  find(name: string, params: Params): Promise<Result | Missing> {
    const given = this.#given(name, params)
    if ("missing" in given) return Promise.resolve(given as Missing)
    const key = name + JSON.stringify(given)
    const kept = this.#kept.get(key)
    if (kept) return kept
    const ask = async (): Promise<Result | Missing> => {
      try {
        const result = await this.ask(name, given)
        this.#known.set(name, [...(this.#known.get(name) ?? []), { params: given, result }])
        return result
      } catch (problem) {
        if (problem instanceof Refused) return { missing: problem.message }
        throw problem
      }
    }
    const asked = WHOLE.has(name) ? this.#inTurn(ask) : ask()
    this.#kept.set(key, asked)
    return asked
  }

  /** Those that were asked and are here. */
  known(name: string, params: Params): readonly Result[] {
    const fits = (given: Params): boolean => Object.keys(params).every((key) => JSON.stringify(given[key]) === JSON.stringify(params[key]))
    return (this.#known.get(name) ?? []).filter((one) => fits({ ...one.result.params, ...one.params })).map((one) => one.result)
  }

  /**
   * In one pass over the samples; a few layers at a time where there are many numbers, so that no answer is waited for too long.
   * Two are what a person compares; one is for the drawing, and waits for its turn.
   */
  async groups(sides: readonly Side[], signal?: AbortSignal): Promise<GroupStats[]> {
    const parts: GroupStats[][] = []
    const ask = async () => {
      for (const layers of this.#batches()) parts.push(await this.#groups(sides, layers, signal))
    }
    await (sides.length > 1 ? ask() : this.#inTurn(ask))
    return parts[0]!.map((first, at) => ({ ...first, layers: new Map(parts.flatMap((part) => [...part[at]!.layers])) }))
  }

  #batches(): string[][] {
    const batches: string[][] = [[]]
    let size = 0
    for (const { name, units } of this.#layers.values()) {
      const numbers = units * this.#manifest.samples.total
      if (size > 0 && size + numbers > BATCH) batches.push([])
      size = batches.at(-1)!.length === 0 ? numbers : size + numbers
      batches.at(-1)!.push(name)
    }
    return batches
  }

  async #groups(sides: readonly Side[], only: readonly string[], signal?: AbortSignal): Promise<GroupStats[]> {
    const found = await this.ask("activity", { slices: sides.map(expressionOf), layers: only }, signal)
    const names = ["n", "mean", "mean_abs", "sd", "firing_rate", "max", "nonfinite"]
    await Promise.all(names.map((name) => found.value(name)))
    return sides.map((side, at) => {
      const layers = new Map(
        found.layers.map((layer) => {
          const part = (name: string) => found.part(name, layer, at)!
          const stats: LayerStats = {
            n: Float64Array.from(part("n")),
            mean: asFloats(part("mean")),
            meanAbs: asFloats(part("mean_abs")),
            sd: asFloats(part("sd")),
            firingRate: asFloats(part("firing_rate")),
            max: asFloats(part("max")),
            nonfinite: Float64Array.from(part("nonfinite")),
          }
          return [layer, stats] as const
        }),
      )
      return { ...side, n: Object.values(found.n)[at] ?? 0, exact: true, layers, problems: new Map() }
    })
  }

  /** Where there are many numbers, `tell` hears of the layers that are ready; q and replication are of all layers, and come last. */
  async pair(a: Side, b: Side, tell: (ready: PairLayers, note: string) => void, signal?: AbortSignal): Promise<PairLayers> {
    const opposite = b.outside && b.expression === a.expression
    const asked = { a: expressionOf(a), ...(opposite ? {} : { b: expressionOf(b) }) }
    const batches = this.offers("contrast") ? this.#batches() : []
    let ready: PairLayers = new Map()
    const said = (): string => `${ready.size} of ${this.#layers.size} layers so far.`
    try {
      for (const layers of batches.length > 1 ? batches : []) {
        ready = new Map([...ready, ...(await this.#pair("contrast", { ...asked, layers }, signal))])
        tell(ready, `${said()} q and replication are of all layers, and come last.`)
      }
      return await this.#pair("compare", asked, signal)
    } catch (problem) {
      if (ready.size > 0 && problem instanceof Refused) tell(ready, `${said()} The rest was not answered: ${problem.message} Reload the page to go on from here.`)
      throw problem
    }
  }

  async #pair(name: string, asked: object, signal?: AbortSignal): Promise<PairLayers> {
    const found = await this.ask(name, asked, signal)
    const names = ["difference", "hedges_g", "g_low", "g_high", "auroc", "p", "q", "replicated"]
    await Promise.all(names.map((name) => found.value(name)))
    return new Map(
      found.layers.map((layer) => {
        const [difference, g, gLow, gHigh, auroc, p, q, replicated] = names.map((name) => {
          const part = found.part(name, layer) ?? new Float64Array(this.#layers.get(layer)!.units).fill(Number.NaN)
          return (name === "p" || name === "q" ? asDoubles : asFloats)(part)
        })
        return [layer, { difference, g, gLow, gHigh, auroc, p, q, replicated } as PairLayerStats]
      }),
    )
  }

  async column(layer: string, unit: number, reduction: Reduction = "mean", signal?: AbortSignal): Promise<Float32Array> {
    return floatsOf(await this.ask("values", { layer, unit, reduction }, signal), "value")
  }

  async row(row: number, signal?: AbortSignal): Promise<Map<string, Float32Array>> {
    return byLayer(await this.ask("row", { row }, signal), "value")
  }

  async heat(layer: string, { rows, units, height, width }: HeatRequest, signal?: AbortSignal): Promise<Heat> {
    await new Promise((resolve) => setTimeout(resolve, PAUSE))
    signal?.throwIfAborted()
    const [down, across] = [evenly(rows, DRAWN), evenly(units, DRAWN)]
    const found = await this.ask("heat", { layer, rows: [...down], units: [...across], height, width }, signal)
    const [values, quantiles] = await Promise.all([floatsOf(found, "value"), floatsOf(found, "quantile")])
    return { values, quantiles, height, width, drawn: down.length }
  }

  async scores(layer: string, by: RowScore, signal?: AbortSignal): Promise<Float32Array> {
    return floatsOf(await this.ask("scores", { layer, by }, signal), "value")
  }

  /** Layer by layer, as they may take long; those whose maps were not kept are left out. */
  async *maps(): AsyncGenerator<readonly [string, LayerMaps]> {
    for (const { name, position } of this.#layers.values()) {
      if (position.length !== 2 || !this.offers("maps")) continue
      const found = await this.#inTurn(() => this.ask("maps", { layer: name })).catch(() => null)
      if (!found) continue
      const [map, full] = [(await found.value("map"))!, (await found.value("full"))!]
      if (map.data.length > 0) yield [name, mapsOf(map.shape.slice(1), [...full.data], found.n["all"]!, asFloats(map.data))]
    }
  }

  /** A column of the table of samples that the manifest has no room for. */
  async metadata(name: string): Promise<Column> {
    const answer = await this.#source.query!("column", { name })
    return readColumn(new Arrays(answer, answer, this.#counters), answer.columns[0]!, this.#manifest.samples.n)
  }

  async listed(asked: Listed, signal?: AbortSignal): Promise<Sheet> {
    const answer = await this.#source.query!("rows", asked, signal)
    const found = this.#result(answer)
    const [rows, ids] = await Promise.all(["row", "sample"].map(async (name) => Uint32Array.from((await found.value(name))!.data)))
    const arrays = new Arrays(answer, answer, this.#counters)
    const columns = await Promise.all(answer.columns.map((card) => readColumn(arrays, card, rows!.length)))
    return { total: found.n["selected"]!, first: asked.offset, rows: rows!, samples: new Samples(rows!.length, ids!, new Uint8Array(rows!.length), columns) }
  }

  async influence(layer: string, unit: number, signal?: AbortSignal): Promise<Influence> {
    const found = await this.ask("effects", { at: `${layer}:${unit}` }, signal)
    this.uninfluenced = Object.keys(found.n).length === 0
    const [forward, backward] = await Promise.all([byLayer(found, "forward"), byLayer(found, "backward")])
    for (const way of [forward, backward]) for (const [name, effects] of way) if (effects.every((one) => one === 0)) way.delete(name)
    return { forward, backward, n: Object.values(found.n)[0], measured: found.params["live"] ? found.notes[0] : undefined }
  }

  async preview(row: number): Promise<Preview | null> {
    const card = this.#manifest.samples.preview
    if (!card) return null
    const found = await this.ask("pictures", { rows: [row] })
    const picture = (await found.value("picture"))!
    return { width: card.width, height: card.height, channels: card.channels, pixels: picture.data as Uint8Array }
  }

  /** The strongest weights of an edge; null where no weights stand between the two layers. */
  async weights(source: string, target: string): Promise<Pick<EdgeArrays, "source" | "target" | "value"> | null> {
    try {
      const found = await this.#inTurn(() => this.ask("weights", { source, target }))
      const [from, to, value] = await Promise.all(["source", "target", "value"].map(async (name) => (await found.value(name))!.data))
      return value!.length > 0 ? { source: Uint32Array.from(from!), target: Uint32Array.from(to!), value: asFloats(value!) } : null
    } catch (problem) {
      if (problem instanceof Refused) return null
      throw problem
    }
  }

  /** What takes long waits for each other, so that one of the server's hands stays free for what a person does. */
  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const asked = this.#turn.then(ask)
    this.#turn = asked.catch(() => undefined)
    return asked
  }

  #result(answer: Answer): Result {
    const arrays = new Arrays(answer, answer, this.#counters)
    return new Result(answer.result, answer, arrays, this.#layers)
  }

  /** The arguments that a page is made with, where none are given. */
  #given(name: string, params: Params): Params | Missing {
    if (!this.offers(name)) return { missing: `${name} is not answered here.` }
    const { samples, task, model } = this.#manifest
    const units = model.layers.reduce((sum, layer) => sum + layer.units, 0)
    if (WHOLE.has(name) && !("at" in params) && samples.total * units > LARGEST) {
      return { missing: `The recording is too large for ${name} to be computed while you wait: naut.${name}(rec) gives it.` }
    }
    const inner = model.layers.filter((layer) => layer.kind !== "input").map((layer) => layer.name)
    if (name === "health" || name === "rank" || name === "cka") return { layers: inner, ...params }
    if (name === "similarity") return { k: 6, ...params }
    if (name !== "selectivity" || "column" in params) return params
    const label = samples.columns.find((column) => column.name === task.label)?.name
    return label === undefined ? { missing: "No column of the samples is the label, so there are no classes to be selective for." } : { column: label, ...params }
  }
}

function expressionOf(side: Side): string | null {
  if (side.expression === "") return side.outside ? "half > 1" : null
  return side.outside ? `not (${side.expression})` : side.expression
}

async function floatsOf(found: Result, name: string): Promise<Float32Array> {
  return asFloats((await found.value(name))!.data)
}

async function byLayer(found: Result, name: string): Promise<Map<string, Float32Array>> {
  await found.value(name)
  return new Map(found.layers.map((layer) => [layer, asFloats(found.part(name, layer)!)]))
}
