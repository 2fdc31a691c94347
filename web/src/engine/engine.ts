/** Engine: questions about the samples of one page, answered from its blobs. */

import type { LayerCard, Manifest } from "../contract/manifest"
import type { About, DataSource } from "../source/DataSource"
import { Activations, reductionOf } from "./activations"
import type {
  EdgeArrays,
  EngineApi,
  FilterProblem,
  GroupStats,
  Influence,
  Mask,
  Neighbour,
  PairStats,
  Reduction,
  Side,
  Sides,
  WorkCounters,
} from "./api"
import { Arrays } from "./arrays"
import { formatAddress } from "../state/address"
import { type AskWeights, EdgeIndex, readEdges } from "./edges"
import { canonicalOf } from "./filters"
import type { Heat, HeatRequest, RowScore } from "./heat"
import { type Host, startHost, type WorkerLike } from "./host"
import { InfluenceIndex } from "./influence"
import { type LayerMaps, readMaps } from "./maps"
import { pairNotes, unjudged } from "./notes"
import type { Fared } from "./pair"
import { Remote } from "./remote"
import { countOf, halvesOf, overlap, rowsOf } from "./rows"
import { type Listed, type Preview, readPreview, readSamples, Samples, type Sheet } from "./samples"
import { Selections } from "./selections"
import { type Missing, type Params, type Result, Results } from "./results"
import { Shipped, sideKey } from "./shipped"
import { PYTHON } from "../source/python"
import { soonOr } from "./soon"
import { SharedTasks } from "./tasks"

export interface EngineOptions {
  /** null: no Worker, the page itself calculates. */
  readonly spawn?: (() => WorkerLike) | null
  /** What a server offers. */
  readonly about?: About | null
}

/** Groups, pairs and unit columns kept. */
const KEPT = 32

export class Engine implements EngineApi {
  readonly stats: WorkCounters = { edgesDrawn: 0, blobsDecoded: 0, fullRedraws: 0, overlayRedraws: 0, queries: 0 }
  readonly layers: ReadonlyMap<string, LayerCard>
  readonly ready: Promise<Samples>
  samples: Samples
  readonly #manifest: Manifest
  readonly source: DataSource
  readonly about: About | null
  /** Whether the model of this recording runs: that of the first one does. */
  readonly live: boolean
  readonly #arrays: Arrays
  readonly #host: Promise<Host>
  /** Answers what the page does not carry; null where nobody does. */
  readonly #remote: Remote | null
  /** Whether per-sample values are asked for, not carried. */
  readonly served: boolean
  readonly #effects = new SharedTasks<Influence>(256)
  readonly #activations: Activations
  readonly #influence: InfluenceIndex
  readonly #results: Results
  /** Values that Python gave. */
  readonly #given = new WeakSet<Float32Array>()
  readonly #groups = new SharedTasks<GroupStats>(KEPT, (group) => !this.#remote || group.exact)
  readonly #sides = new SharedTasks<readonly GroupStats[]>(KEPT)
  readonly #pairs = new SharedTasks<PairStats>(KEPT, (pair) => !this.#remote || pair.exact)
  readonly #columns = new SharedTasks<Float32Array>(KEPT, (column) => !this.#remote || this.#given.has(column))
  readonly #columnsAsked = new Map<string, Promise<unknown>>()
  readonly #selections: Selections
  #shipped: Shipped | null = null
  #edges: Promise<readonly EdgeArrays[]> | null = null
  #index: EdgeIndex | null = null

  constructor(source: DataSource, manifest: Manifest, options: EngineOptions = {}) {
    this.#manifest = manifest
    this.source = source
    this.about = options.about ?? null
    this.layers = new Map(manifest.model.layers.map((card) => [card.name, card]))
    this.#arrays = new Arrays(source, manifest, this.stats)
    this.#remote = PYTHON && source.query ? new Remote(source, manifest, this.layers, this.stats, this.about) : null
    this.served = PYTHON && this.#remote !== null && manifest.activations.every((card) => card.chunks.length === 0)
    this.#host = startHost(this.served ? null : (options.spawn ?? null))
    this.#activations = new Activations(this.#arrays, this.#host, manifest, this.layers)
    this.#influence = new InfluenceIndex(this.#arrays, manifest.influence, this.layers)
    this.#results = new Results(manifest, this.#arrays, this.layers)
    this.live = this.about?.live === true && (this.about.recordings[0]?.id ?? manifest.id) === manifest.id
    this.samples = new Samples(0, new Uint32Array(0), new Uint8Array(0), [])
    this.ready = this.#start()
    const units = {
      known: (layer: string, unit: number) => this.#knownColumn(layer, unit),
      read: (layer: string, unit: number) => this.unitValues(layer, unit),
      column: (name: string) => this.#missingColumn(name),
      unlisted: manifest.samples.unlisted,
    }
    this.#selections = new Selections(this.layers, units, this.ready)
  }

  get problems() {
    return this.#arrays.problems
  }

  onProblem: EngineApi["onProblem"] = (listener) => this.#arrays.onProblem(listener)

  mask(expression: string | null): Mask | { error: FilterProblem } {
    return this.#selections.answer(expression)
  }

  /** Of a filter that `mask` can read: for each row 2 selected, 1 unknown (null), 0 not. */
  truth(expression: string): Uint8Array {
    return this.#selections.truth(expression)
  }

  async group(expression: string | null, signal?: AbortSignal): Promise<GroupStats> {
    return this.#group(await this.#selections.side(expression), signal)
  }

  async sides(a: string | null, b: string | null, signal?: AbortSignal): Promise<Sides> {
    const [one, other] = await this.#selections.sides(a, b)
    const [groupA, groupB] = await this.#both(one, other, signal)
    return { a: groupA!, b: groupB!, maskA: this.#selections.mask(one), maskB: this.#selections.mask(other) }
  }

  async pair(a: string | null, b: string | null, signal?: AbortSignal, tell?: (part: PairStats) => void): Promise<PairStats> {
    const [one, other] = await this.#selections.sides(a, b)
    const key = `${sideKey(one)}\n${sideKey(other)}`
    return this.#pairs.run(key, (stop) => this.#makePair(one, other, stop, tell), signal)
  }

  /** How the differences that one half of the samples showed fared on the other; null where the page cannot say. */
  async fared(a: string | null, b: string | null, signal?: AbortSignal): Promise<Fared | null> {
    if (this.served || this.#manifest.samples.grouped) return null
    const [one, other] = await this.#selections.sides(a, b)
    return (await this.#pairAnswer(one, other, signal)).fared
  }

  unitValues(layer: string, unit: number, reduction?: Reduction): Promise<Float32Array> {
    const key = this.#activations.key(layer, reduction)
    if (key === null) return Promise.reject(new Error(`this page has no per-sample values of ${layer}`))
    return this.#columns.run(`${unit}\n${key}`, async (stop) => {
      const near = async (): Promise<Float32Array> => {
        await this.#activations.load(key)
        return this.#ask({ kind: "column", key, unit }, stop)
      }
      const asked = (remote: Remote, stop?: AbortSignal) => remote.column(layer, unit, reductionOf(key), stop).then((column) => (this.#given.add(column), column))
      return PYTHON ? this.#exactly(asked, near, stop) : near()
    })
  }

  /** Samples by units of a layer, shrunk to pixels. */
  async heat(layer: string, request: HeatRequest, signal?: AbortSignal): Promise<Heat> {
    const near = async (): Promise<Heat> => this.#ask({ kind: "heat", key: await this.#loaded(layer), request }, signal)
    const asked = (remote: Remote, stop?: AbortSignal) => remote.heat(layer, request, stop).then((heat) => (this.#given.add(heat.values), heat))
    return PYTHON ? this.#exactly(asked, near, signal) : near()
  }

  /** A number for every sample to sort it by. */
  async rowScores(layer: string, by: RowScore, signal?: AbortSignal): Promise<Float32Array> {
    if (PYTHON && this.served) return this.#remote!.scores(layer, by, signal)
    return this.#ask({ kind: "scores", key: await this.#loaded(layer), by }, signal)
  }

  async valueStep(layer: string, unit: number): Promise<number> {
    const key = this.#activations.key(layer)
    return key === null ? 0 : this.#activations.step(key, unit)
  }

  /** Whether values are Python's own, not the page's rounded ones. */
  isExact(values: Float32Array): boolean {
    return PYTHON && this.#given.has(values)
  }

  /** Whether a layer came as it is: as numbers, or as codes that lose nothing. */
  isWhole(layer: string): boolean {
    return this.#manifest.activations.some((card) => card.layer === layer && (card.scheme === "f32" || card.error === 0))
  }

  /** The same of values by layer. */
  areExact(values: ReadonlyMap<string, Float32Array>): boolean {
    return [...values].every(([layer, one]) => this.isExact(one) || this.isWhole(layer))
  }

  async sampleValues(row: number): Promise<Map<string, Float32Array>> {
    const given = async (remote: Remote, stop?: AbortSignal): Promise<Map<string, Float32Array>> => {
      const values = await remote.row(row, stop)
      for (const one of values.values()) this.#given.add(one)
      return values
    }
    const near = async (): Promise<Map<string, Float32Array>> => {
      const { keys } = await this.#activations.loadAll()
      return new Map(await this.#ask({ kind: "row", keys, row }))
    }
    return PYTHON ? this.#exactly(given, near) : near()
  }

  /** A part of the table of samples, sorted by Python. */
  listed(asked: Listed, signal?: AbortSignal): Promise<Sheet> {
    return this.#remote!.listed(asked, signal)
  }

  preview(row: number): Promise<Preview | null> {
    const { preview } = this.#manifest.samples
    return PYTHON && preview?.blobs.length === 0 && this.#remote ? this.#remote.preview(row) : readPreview(this.#arrays, this.#manifest, row)
  }

  /** Whether influence was recorded; of a server the first answer tells. */
  get influenced(): boolean {
    return this.#manifest.influence.length > 0 || this.#remote?.uninfluenced === false
  }

  /** Whether influence is asked of Python: it may have stored it, or run the model. */
  get #asked(): boolean {
    return this.#manifest.influence.length === 0 && (this.served || this.influenced)
  }

  async influence(layer: string, unit: number, signal?: AbortSignal): Promise<Influence> {
    if (PYTHON && this.#asked) return this.#effects.run(formatAddress(layer, unit), (stop) => this.#remote!.influence(layer, unit, stop), signal)
    await this.#influence.load(layer)
    return this.#influence.now(layer, unit) ?? { forward: new Map(), backward: new Map() }
  }

  influenceNow(layer: string, unit: number): Influence | null {
    if (PYTHON && this.#asked) return this.#effects.known(formatAddress(layer, unit)) ?? null
    const answer = this.#influence.now(layer, unit)
    if (answer === null) void this.#influence.load(layer)
    return answer
  }

  async maps(tell: (maps: ReadonlyMap<string, LayerMaps>) => unknown): Promise<void> {
    if (!PYTHON || !this.served) return void tell(await readMaps(this.#arrays, this.#manifest))
    const found = new Map<string, LayerMaps>()
    for await (const [layer, maps] of this.#remote!.maps()) tell(new Map(found.set(layer, maps)))
  }

  results(name: string, params?: Params): Promise<Result | Missing> {
    const found = this.#results.find(name, params)
    return PYTHON && "missing" in found && this.#remote ? this.#remote.find(name, params ?? {}) : Promise.resolve(found)
  }

  resultsNamed(name: string, params?: Params): readonly Result[] {
    const known = this.#results.all(name, params)
    return PYTHON && this.#remote ? [...known, ...this.#remote.known(name, params ?? {})] : known
  }

  /** Whether `results` may have an answer. */
  offers(name: string, params?: Params): boolean {
    return this.#results.all(name, params).length > 0 || (PYTHON && this.#remote?.offers(name) === true)
  }

  /** Asks Python; null where there is nobody to ask. Rejects with Refused for what cannot be answered. */
  ask(name: string, params: object, signal?: AbortSignal): Promise<Result> | null {
    return PYTHON && this.#remote ? this.#remote.ask(name, params, signal) : null
  }

  /** Whether Python was asked such a thing. */
  hasAsked = (name: string): boolean => this.#remote?.asked.has(name) ?? false

  /** Reads edges and influence ahead, so that hovering never waits. */
  async preload(): Promise<void> {
    await Promise.all([this.edges(), this.#influence.load()])
  }

  edges(): Promise<readonly EdgeArrays[]> {
    this.#edges ??= readEdges(this.#arrays, this.#manifest.model.edges, this.layers, this.#askWeights()).then((edges) => {
      this.#index = new EdgeIndex(edges)
      return edges
    })
    return this.#edges
  }

  /** Only where none came with the page are weights asked for: a structural edge has none. */
  #askWeights(): AskWeights | null {
    const none = this.#manifest.model.edges.every((edge) => edge.weights === null)
    return PYTHON && this.served && none ? (source, target) => this.#remote!.weights(source, target) : null
  }

  inputsOf(layer: string, unit: number, k = 8): Neighbour[] {
    return this.#index?.inputsOf(layer, unit, k) ?? []
  }

  outputsOf(layer: string, unit: number, k = 8): Neighbour[] {
    return this.#index?.outputsOf(layer, unit, k) ?? []
  }

  close(): void {
    void this.#host.then((host) => host.close())
  }

  async #start(): Promise<Samples> {
    this.samples = await readSamples(this.#arrays, this.#manifest.samples)
    return this.samples
  }

  /** Key of a layer's values once they are with the host. */
  async #loaded(layer: string): Promise<string> {
    const key = this.#activations.key(layer)
    if (key === null) throw new Error(`this page has no per-sample values of ${layer}`)
    await this.#activations.load(key)
    return key
  }

  #missingColumn(name: string): Promise<unknown> | null {
    const { columns } = this.samples
    if (!PYTHON || columns.has(name) || !this.#manifest.samples.unlisted?.includes(name)) return null
    const asked = this.#columnsAsked.get(name) ?? this.#remote!.metadata(name).then((column) => columns.set(name, column))
    this.#columnsAsked.set(name, asked)
    asked.catch(() => this.#columnsAsked.delete(name))
    return asked
  }

  /** A unit's column when it has been read; undefined while it has not, null when there is none. */
  #knownColumn(layer: string, unit: number): Float32Array | null | undefined {
    const key = this.#activations.key(layer)
    return key === null ? null : this.#columns.known(`${unit}\n${key}`)
  }

  #exact(): Shipped {
    return (this.#shipped ??= new Shipped(this.#manifest, this.#arrays, this.layers, canonicalOf))
  }

  #group(side: Side, signal?: AbortSignal): Promise<GroupStats> {
    return this.#groups.run(sideKey(side), (stop) => this.#makeGroup(side, stop), signal)
  }

  /** Both groups in one question, where neither is known or came with the page. */
  async #both(a: Side, b: Side, signal?: AbortSignal): Promise<readonly GroupStats[]> {
    const alone = PYTHON && this.#remote !== null && (!this.served || sideKey(a) === sideKey(b))
    const apart = alone || [a, b].some((side) => this.#groups.known(sideKey(side)) || this.#exact().has(side))
    if (apart) return Promise.all([this.#group(a, signal), this.#group(b, signal)])
    const groups = await this.#sides.run(`${sideKey(a)}\n${sideKey(b)}`, (stop) => this.#makeSides(a, b, stop), signal)
    for (const group of groups) this.#groups.keep(sideKey({ expression: group.expression, outside: group.outside ?? false }), group)
    return groups
  }

  async #makeSides(a: Side, b: Side, signal: AbortSignal): Promise<readonly GroupStats[]> {
    if (PYTHON && this.served) return this.#remote!.groups([a, b], signal)
    const [rowsA, rowsB] = [rowsOf(this.#selections.mask(a)), rowsOf(this.#selections.mask(b))]
    const { keys, problems } = await this.#activations.loadAll()
    const found = await this.#ask({ kind: "sides", keys, a: rowsA, b: rowsB }, signal)
    return [
      { ...a, n: rowsA.length, exact: false, layers: found.a, problems },
      { ...b, n: rowsB.length, exact: false, layers: found.b, problems },
    ]
  }

  async #makeGroup(side: Side, signal: AbortSignal): Promise<GroupStats> {
    const exact = this.served ? null : await this.#exact().group(side)
    if (exact && exact.problems.size === 0) return exact
    const near = async (): Promise<GroupStats> => {
      const rows = rowsOf(this.#selections.mask(side))
      const { keys, problems } = await this.#activations.loadAll()
      const { layers } = await this.#ask({ kind: "group", keys, rows }, signal)
      return { ...side, n: rows.length, exact: false, layers, problems }
    }
    return PYTHON ? this.#exactly(async (remote, stop) => (await remote.groups([side], stop))[0]!, near, signal) : near()
  }

  async #makePair(a: Side, b: Side, signal: AbortSignal, tell?: (part: PairStats) => void): Promise<PairStats> {
    const [maskA, maskB] = [this.#selections.mask(a), this.#selections.mask(b)]
    const counts = { nA: countOf(maskA), nB: countOf(maskB), shared: overlap(maskA, maskB), unknown: this.#selections.unknown(a, b) }
    const { nA, nB } = counts
    const asked = async (remote: Remote, stop?: AbortSignal): Promise<PairStats> => {
      const given = { a, b, nA, nB, exact: true, problems: new Map() }
      const layers = await remote.pair(a, b, (layers, note) => tell?.({ ...given, layers, notes: [note], unfinished: true }), stop)
      return { ...given, layers, notes: pairNotes(counts) }
    }
    const exact = this.served ? null : await this.#exact().pair(a, b)
    if (exact && exact.problems.size === 0) return { a, b, ...exact, exact: true, notes: pairNotes({ ...counts, ...exact }) }
    const near = async (): Promise<PairStats> => {
      const { layers, problems } = await this.#pairAnswer(a, b, signal)
      const { grouped } = this.#manifest.samples
      if (grouped) for (const stats of layers.values()) unjudged(stats)
      return { a, b, nA, nB, exact: false, layers, problems, notes: pairNotes({ ...counts, grouped }) }
    }
    return PYTHON ? this.#exactly(asked, near, signal) : near()
  }

  /** Python's numbers, where somebody asks it; the page's own, from rounded values, where it has them and Python is slow or away. */
  #exactly<T>(ask: (remote: Remote, stop?: AbortSignal) => Promise<T>, near: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const remote = this.#remote
    if (!PYTHON || !remote) return near()
    return this.served ? ask(remote, signal) : soonOr((stop) => ask(remote, stop), near, signal)
  }

  async #pairAnswer(a: Side, b: Side, signal?: AbortSignal) {
    const { keys, problems } = await this.#activations.loadAll()
    const halves = (side: Side) => halvesOf(this.#selections.mask(side), this.samples.half)
    return { problems, ...(await this.#ask({ kind: "pair", keys, a: halves(a), b: halves(b) }, signal)) }
  }

  async #ask<K extends Parameters<Host["ask"]>[0]["kind"]>(
    question: Extract<Parameters<Host["ask"]>[0], { kind: K }>,
    signal?: AbortSignal,
  ) {
    const host = await this.#host
    this.stats.queries++
    return host.ask<K>(question, signal)
  }
}
