/** Explorer: what the components share. Data live in plain objects; a change replaces them. */

import type { LayerCard, Manifest } from "../contract/manifest"
import type { EdgeArrays, FilterProblem, GroupStats, PairStats, Sides } from "../engine/api"
import type { Engine } from "../engine/engine"
import type { LayerMaps } from "../engine/maps"
import type { Result } from "../engine/results"
import type { Preview } from "../engine/samples"
import type { Columns } from "../filter"
import type { Arranged } from "../layout/slots"
import type { Colouring } from "../render/colouring"
import { PYTHON } from "../source/python"
import { formatAddress, parseAddress } from "../state/address"
import type { State } from "../state/state"
import { decodeView, encodeView, type Known, MAX_LINK, MAX_PINS } from "../state/url"
import { type ColourMode, DEFAULT_VIEW, type OrderMode, type Route, type Theme, type View } from "../state/view"
import { wordsOf } from "../ui/answered"
import { Understanding } from "./understanding.svelte"
import { arrangedOf, NO_ORDERS, openedOf, type Runs, runsOf } from "./arrangement"
import { type Orders, ordersOf, PERMUTATION } from "./order"
import { type Profiles, profilesOf, SLICES } from "./profiles"
import { labelOf, namesake } from "./slices/sets"
import { byName } from "./words"

export type Side = "a" | "b"

export interface UnitRef {
  readonly layer: LayerCard
  readonly unit: number
  /** Set where a group of units is meant, of which `unit` is the first. */
  readonly group?: Uint32Array | null
}

export interface NamedSlice {
  readonly name: string
  readonly expression: string
  readonly kept: "recording" | "link"
}

const NO_MAPS = { maps: new Map<string, LayerMaps>(), picture: null } as const

export class Explorer {
  readonly state: State
  /** Another engine and manifest when the recording has grown. */
  engine: Engine = $state.raw()!
  /** Shows another recording in this place. */
  visit: ((recording: string, hash: string) => void) | null = null
  /** How often another recording grew. */
  elsewhere = $state(0)
  manifest: Manifest = $state.raw()!
  understanding: Understanding = $state.raw()!
  readonly cards: ReadonlyMap<string, LayerCard> = $derived(byName(this.manifest.model.layers))

  view: View = $state.raw()!
  system = $state<Theme>("dark")
  /** The theme that the reader chose; null follows the system. */
  preferred = $state<Theme | null>(null)
  /** Whether the page stands in something that scrolls: a notebook's cell, a frame. */
  inCell = false
  edges = $state.raw<readonly EdgeArrays[]>([])
  pair = $state.raw<PairStats | null>(null)
  hover = $state.raw<UnitRef | null>(null)
  /** What analyses know of the units, once read; null while not, or where the page does not carry it. */
  readonly health: Result | null = $derived.by(() => this.understanding.health)
  readonly selectivity: Result | null = $derived.by(() => this.understanding.by(this.view.classes ?? "") ?? this.understanding.selectivity[0] ?? null)
  maps = $state.raw<ReadonlyMap<string, LayerMaps> | null>(null)
  #crossings = $state.raw<Result | null>(null)
  #together = $state.raw<Result | null>(null)
  #profiles = $state.raw<Profiles>(profilesOf([]))
  /** Whether the numbers at a unit are explained beside them. */
  explained = $state(false)
  /** Whether the inspector is open where it is a sheet. */
  sheet = $state(false)
  /** Said to a screen reader. */
  spoken = $state("")
  toast = $state.raw<{ readonly text: string; readonly key: number } | null>(null)
  problems = $state.raw<Readonly<Record<Side, FilterProblem | null>>>({ a: null, b: null })
  /** What filters can ask of a sample; null until read. */
  columns = $state.raw<Columns | null>(null)
  /** Every sample. */
  all = $state.raw<GroupStats | null>(null)
  /** One sample as a group of its own, while its page draws the network. */
  one = $state.raw<GroupStats | null>(null)
  /** That sample's own maps and picture, as far as they are known. */
  oneMaps = $state.raw<{ readonly maps: ReadonlyMap<string, LayerMaps>; readonly picture: Preview | null }>(NO_MAPS)
  /** Both groups, as last answered; null while none is set. */
  sides = $state.raw<Sides | null>(null)
  readonly #base: View
  #answered = $state("")
  /** Whether the numbers are of the groups that are set. */
  readonly settled = $derived(this.#answered === `${this.view.a}\n${this.view.b}`)
  #asked: AbortController | null = null
  #toasts = 0

  /** The view, part by part: panning changes `cam` alone, and what does not read it is left in peace. */
  readonly cam = $derived(this.view.cam)
  readonly alone = $derived(this.view.route === "sample" || (this.view.route === "live" && this.engine.live))
  readonly sel = $derived(this.view.sel)
  readonly route = $derived(this.view.route)
  /** What the shown view is of: a row, an address. */
  readonly at = $derived(this.view.at)
  /** What the shown view keeps in the link for itself. */
  readonly own = $derived(this.view.own)
  readonly blend = $derived(this.view.blend)
  readonly edgeMode = $derived(this.view.edges)
  readonly ord = $derived(this.view.ord)
  readonly #pins = $derived(this.view.pins)
  readonly #most = $derived(this.view.most)
  readonly #table = $derived(this.view.table)
  readonly #max = $derived(this.view.max)
  readonly #ranked = $derived(this.view.ranked)
  readonly #map = $derived(this.view.map)
  readonly #open = $derived(this.view.open)
  /** The column that classes are shown by; null is the label. */
  readonly classesBy = $derived(this.view.classes)
  readonly expressionA = $derived(this.view.a)
  readonly expressionB = $derived(this.view.b)
  readonly theme: Theme = $derived(this.view.theme ?? this.preferred ?? this.system)
  /** The shown group, and the one it is compared with. */
  readonly a: GroupStats | null = $derived(this.alone ? this.one : (this.sides?.a ?? this.all))
  readonly b: GroupStats | null = $derived(this.alone ? null : (this.sides?.b ?? null))
  readonly comparing = $derived(this.expressionA !== null || this.expressionB !== null)
  /** The maps that are drawn: of all samples, or where one sample is shown its own. */
  readonly drawnMaps: ReadonlyMap<string, LayerMaps> | null = $derived(this.alone ? this.oneMaps.maps : this.maps)
  /** Whether A and B are set, but not here yet. */
  readonly waiting = $derived(!this.alone && this.comparing && this.sides === null && !this.problems.a && !this.problems.b)
  /** Groups that cannot be read are not compared. */
  readonly #col = $derived(this.view.col)
  readonly mode: ColourMode = $derived.by(() => {
    if (this.alone) return "signed"
    const col = this.#col
    if (col === "health" || col === "selectivity") return this[col] ? col : "abs"
    return col === "ab" && (!this.comparing || this.problems.a || this.problems.b) ? "abs" : col
  })
  readonly colouring: Colouring = $derived({
    mode: this.mode,
    blend: this.blend,
    theme: this.theme,
    all: this.all,
    a: this.a,
    b: this.b,
    one: this.alone,
    health: this.health,
    selectivity: this.selectivity,
  })
  /** The order Result that is followed; null where the page itself orders, or nothing does. */
  readonly order: Result | null = $derived(this.ord === "crossings" ? this.#crossings : this.ord === "together" ? this.#together : null)
  readonly #drawnOrder: Orders = $derived.by(() => {
    // Only what an order looks at may change it: a scene is laid out anew for each.
    const { ord } = this
    if (ord === "index") return NO_ORDERS
    const byClass = ord === "class"
    return ordersOf(ord, this.manifest.model.layers, {
      group: ord === "rate" || ord === "mean" ? this.a : null,
      pair: byClass ? this.pair : null,
      selectivity: byClass ? this.selectivity : null,
      order: this.order,
    })
  })
  readonly #runs: Runs = $derived.by(() => runsOf(this.manifest.model.layers, this.#drawnOrder, this.#profiles, this.#most))
  readonly arranged: ReadonlyMap<string, Arranged> = $derived(arrangedOf(this.#drawnOrder, this.#runs, openedOf(this.#open, this.cards)))
  /** The chosen order of each layer that does not keep the model's. */
  readonly orders: Orders = $derived(this.#drawnOrder)
  readonly pins: readonly UnitRef[] = $derived(this.#pins.flatMap((address) => this.refOf(address) ?? []))
  readonly selected: UnitRef | null = $derived(this.refOf(this.sel))
  readonly selectedLayer: LayerCard | null = $derived.by(() => {
    const address = this.sel === null ? null : parseAddress(this.sel, this.cards)
    return address && address.unit === null ? (this.cards.get(address.layer) ?? null) : null
  })

  /** `base` is the page's first view: a link says only what differs from it. */
  constructor(engine: Engine, manifest: Manifest, state: State, base: View) {
    this.#base = base
    this.engine = engine
    this.manifest = manifest
    this.state = state
    this.understanding = new Understanding(engine)
    this.view = state.view
    state.subscribe((view) => {
      const before = this.view
      this.view = view
      if (view.ord !== before.ord) void this.#readOrder(view.ord)
      if (view.classes !== before.classes) void this.#readClasses()
      this.#sayAll(state.takeMessages())
    })
    this.#sayAll(state.takeMessages())
    this.#hearProblems()
    void this.#begin()
    void this.#checkLink()
  }

  #hearProblems(): void {
    const { engine } = this
    engine.onProblem((problem) => engine === this.engine && this.say(`${problem.what} cannot be read: ${problem.message}`))
  }

  /** Goes on with what the recording is now: more samples, other named slices, new Results. */
  renew(engine: Engine, manifest: Manifest): void {
    const before = this.engine
    const grown = manifest.samples.total - this.manifest.samples.total
    this.engine = engine
    this.manifest = manifest
    this.understanding = new Understanding(engine)
    this.#hearProblems()
    before.close()
    void this.#begin()
    this.load(this.expressionA, this.expressionB)
    if (grown > 0) this.say(`The recording has ${grown.toLocaleString("en")} more samples.`)
  }

  /** A filter that came with the page's address and cannot be read: nobody is typing it, so it is said at once. */
  async #checkLink(): Promise<void> {
    await this.engine.ready
    const wrong = (["a", "b"] as const).flatMap((side) => {
      const problem = this.#problemOf(this.expressionOf(side))
      return problem && !problem.pending ? [`Group ${side.toUpperCase()} cannot be read: ${problem.message}`] : []
    })
    if (wrong.length > 0) this.#sayAll([...(this.toast ? [this.toast.text] : []), ...wrong, "All samples are shown."])
  }

  async #begin(): Promise<void> {
    const edges = this.engine.edges().then((arrays) => (this.edges = arrays))
    const all = this.engine.group(null).then((stats) => (this.all = stats))
    void this.engine.ready.then((samples) => (this.columns = samples))
    void this.engine.preload().catch(() => undefined)
    void this.#understand()
    await Promise.all([edges, all].map((load) => load.catch((problem: unknown) => this.#fail(problem))))
  }

  /** Reads what analyses know; what is not there is missed only where it is asked for. */
  async #understand(): Promise<void> {
    const { engine } = this
    void engine.maps((maps) => engine === this.engine && (this.maps = maps)).catch(() => undefined)
    void this.#readOrder(this.view.ord)
    void this.#readClasses()
    if (this.manifest.model.layers.some((card) => card.units > this.view.most)) await this.#readProfiles()
  }

  async #readClasses(): Promise<void> {
    const column = this.view.classes
    if (column !== null && this.manifest.samples.columns.some(({ name }) => name === column)) await this.understanding.want(column).catch((problem: unknown) => this.#fail(problem))
  }

  async #readProfiles(): Promise<void> {
    const groups = this.manifest.slices.slice(0, SLICES).map(({ expression }) => this.engine.group(expression || null).catch(() => null))
    this.#profiles = profilesOf((await Promise.all(groups)).filter((group) => group !== null))
  }

  async #readOrder(by: OrderMode): Promise<void> {
    if (by !== "crossings" && by !== "together") return
    const found = await this.engine.results("order", { by })
    if ("missing" in found) return this.say(`${found.missing} The recorded order is shown.`)
    await found.read(...found.names.filter((name) => name.startsWith(PERMUTATION) || name.startsWith("crossings_")))
    if (by === "crossings") this.#crossings = found
    else this.#together = found
  }

  get table(): boolean {
    return this.#table
  }

  set table(on: boolean) {
    this.update({ table: on })
  }

  /** Whether the network has the window to itself: no rail, no inspector. */
  get maximised(): boolean {
    return this.#max
  }

  set maximised(on: boolean) {
    this.update({ max: on })
  }

  /** Whether the selected unit is among the pinned. */
  get pinned(): boolean {
    return this.sel !== null && this.#pins.includes(this.sel)
  }

  set pinned(on: boolean) {
    if (this.selected && on !== this.pinned) this.pin(this.selected)
  }

  /** Pins a unit, or takes the pin away. */
  pin(ref: UnitRef): void {
    const address = formatAddress(ref.layer.name, ref.unit)
    const others = this.#pins.filter((pin) => pin !== address)
    const taken = others.length < this.#pins.length
    if (!taken && others.length >= MAX_PINS) return this.say(`${MAX_PINS} units are pinned: take one away first.`)
    this.update({ pins: Object.freeze(taken ? others : [...others, address]) })
    this.spoken = taken ? `${address} is no longer pinned.` : `${address} is pinned.`
  }

  unpin(): void {
    this.update({ pins: Object.freeze([]) })
  }

  /** Whether the units stand beside the network, ranked by how they differ. */
  get ranked(): boolean {
    return this.#ranked
  }

  set ranked(on: boolean) {
    this.update({ ranked: on })
  }

  /** Whether the map of the selected channel is open. */
  get mapOpen(): boolean {
    return this.#map
  }

  set mapOpen(on: boolean) {
    this.update({ map: on })
  }

  get anyOpen(): boolean {
    return this.#open.length > 0
  }

  openGroup(ref: UnitRef): void {
    this.update({ open: Object.freeze([...this.#open, formatAddress(ref.layer.name, ref.unit)]) })
  }

  closeGroups(): void {
    this.update({ open: Object.freeze([]) })
  }

  refOf(address: string | null): UnitRef | null {
    const place = address === null ? null : parseAddress(address, this.cards)
    const layer = place ? this.cards.get(place.layer) : undefined
    return place && layer && place.unit !== null && place.unit < layer.units ? { layer, unit: place.unit } : null
  }

  /** Dark for light, or the other way round. A reader's choice is not part of a link, and goes before the link's. */
  turn(): void {
    const next = this.theme === "dark" ? "light" : "dark"
    this.preferred = next === this.system ? null : next
    this.update({ theme: null }, true)
  }

  /** A map is of its unit, and groups are of their order: with another one they close. */
  update(patch: Partial<View>, continuous = false): void {
    const { sel = this.view.sel, ord = this.view.ord } = patch
    const closed = { ...(sel === this.view.sel ? {} : { map: false }), ...(ord === this.view.ord ? {} : { open: Object.freeze([]) }) }
    this.state.update({ ...closed, ...patch }, continuous)
  }

  /** Slices with a name: the recording's, then those that the link keeps. */
  readonly named: readonly NamedSlice[] = $derived([
    ...this.manifest.slices.filter((one) => one.kind === "named").map(({ name, expression }) => ({ name, expression, kept: "recording" as const })),
    ...this.view.slices.map((text) => ({ name: text.slice(0, text.indexOf("\t")), expression: text.slice(text.indexOf("\t") + 1), kept: "link" as const })),
  ])

  /** Whether named slices are kept in the recording; else the link keeps them. */
  get writable(): boolean {
    return this.engine.about?.recordings.find((one) => one.id === this.manifest.id)?.writable ?? false
  }

  /** A name that is there already is refused, unless what it names is to be replaced. */
  async saveSlice(name: string, expression: string, replace = false): Promise<void> {
    const label = labelOf(name)
    if (label === "") return
    if (!replace && namesake(this.named, label)) throw new Error(`"${label}" is there already. Take another name.`)
    const inside = PYTHON && this.writable
    if (inside) await this.engine.source.saveSlice!(label, expression)
    else this.#keepSlices([...this.view.slices.filter((one) => !one.startsWith(`${label}\t`)), `${label}\t${expression}`])
    this.say(inside ? `"${label}" is saved in the recording.` : `"${label}" is kept in this page's link: nothing is written into the recording.`)
  }

  async forgetSlice(slice: NamedSlice): Promise<void> {
    if (PYTHON && slice.kept === "recording") await this.engine.source.saveSlice!(slice.name, null)
    else this.#keepSlices(this.view.slices.filter((one) => !one.startsWith(`${slice.name}\t`)))
    this.say(`"${slice.name}" is forgotten.`)
  }

  /** Whether a link still holds the view, changed so. */
  fits(patch: Partial<View>): boolean {
    return encodeView({ ...this.view, ...patch }, this.#base).length <= MAX_LINK
  }

  #keepSlices(slices: readonly string[]): void {
    this.update({ slices: Object.freeze([...slices]) })
  }

  /** Shows one sample, or no longer. */
  lone(one: GroupStats | null, maps: ReadonlyMap<string, LayerMaps> = NO_MAPS.maps, picture: Preview | null = null): void {
    this.one = one
    this.oneMaps = { maps, picture }
  }

  /** Shows a view, of `at`; each view begins with what it keeps for itself empty. */
  go(route: Route, at: string | null = null, own: View["own"] = {}): void {
    this.hover = null
    this.update({ route, at, own: Object.freeze({ ...own }), cam: route === this.view.route ? this.view.cam : null, max: false })
  }

  /** Changes what the shown view keeps for itself; null forgets. */
  keep(patch: Readonly<Record<string, string | null>>, continuous = false): void {
    const next = Object.entries({ ...this.view.own, ...patch }).filter((pair): pair is [string, string] => pair[1] !== null)
    this.update({ own: Object.freeze(Object.fromEntries(next)) }, continuous)
  }

  select(ref: UnitRef | null): void {
    this.sheet = ref !== null
    this.update({ sel: ref ? formatAddress(ref.layer.name, ref.unit) : null })
  }

  /** Findings, what differs, how to look: what the inspector shows while nothing is selected. */
  overview(): void {
    if (this.route !== "network") this.go("network")
    this.select(null)
    this.maximised = false
    this.sheet = true
  }

  selectLayer(layer: LayerCard): void {
    this.sheet = true
    this.update({ sel: layer.name })
  }

  /** The groups that a finding's link compares. */
  groupsOf(hash: string): { readonly a: string | null; readonly b: string | null } {
    const { a, b } = decodeView(hash, DEFAULT_VIEW, { layers: this.cards }).view
    return { a: this.canonical(a), b: this.canonical(b) }
  }

  /** A filter as it is always written; as it is where it cannot be read, or is none. */
  canonical(expression: string | null): string | null {
    const answer = expression === null || !this.columns ? null : this.engine.mask(expression)
    return answer && "canonical" in answer ? answer.canonical : expression
  }

  /** Go where a finding points. */
  follow(hash: string): void {
    const known: Known = { layers: this.cards }
    const { view, messages } = decodeView(hash, this.#base, known)
    this.update({ ...view, theme: this.view.theme })
    if (view.sel !== null) this.sheet = true
    this.#sayAll(messages)
  }

  expressionOf(side: Side): string | null {
    return side === "a" ? this.expressionA : this.expressionB
  }

  /** Sets a group; the first one turns the colours to the comparison. */
  setGroup(side: Side, expression: string | null, continuous = false): void {
    const text = expression?.trim() || null
    const first = text !== null && !this.comparing && this.view.col === "abs"
    this.update({ [side]: text, ...(first ? { col: "ab" } : {}) }, continuous)
  }

  swap(): void {
    this.update({ a: this.view.b, b: this.view.a })
  }

  /** Together: one toast takes the place of another. */
  #sayAll(messages: readonly string[]): void {
    if (messages.length > 0) this.say(messages.join(" "))
  }

  say(text: string): void {
    this.toast = { text, key: ++this.#toasts }
    this.spoken = text
  }

  /** Ask for both groups and their comparison; run from an effect on the view's expressions. Answers how to stop. */
  load(a: string | null, b: string | null, pause = 4000): () => void {
    this.#asked?.abort()
    const { signal } = (this.#asked = new AbortController())
    const again = (rough: boolean): unknown => rough && setTimeout(() => signal.aborted || this.load(a, b, 2 * pause), pause)
    this.#load(a, b, signal).then(again, (failure: unknown) => {
      if (signal.aborted) return
      this.#answered = `${a}\n${b}`
      this.#fail(failure)
    })
    return () => this.#asked?.abort()
  }

  /** Whether these are the page's own numbers where Python's may come yet. */
  async #load(a: string | null, b: string | null, signal: AbortSignal): Promise<boolean> {
    await this.engine.ready
    if (signal.aborted) return false
    const problems = { a: this.#problemOf(a), b: this.#problemOf(b) }
    this.problems = problems
    const pending = problems.a?.pending ?? problems.b?.pending
    if (pending) {
      await pending
      return this.#load(a, b, signal)
    }
    const comparing = !problems.a && !problems.b && (a !== null || b !== null)
    if (!comparing) this.pair = null
    const sides = comparing ? await this.engine.sides(a, b, signal) : null
    if (signal.aborted) return false
    this.sides = sides
    this.#answered = `${a}\n${b}`
    const tell = (pair: PairStats | null): unknown => signal.aborted || (this.pair = pair)
    const pair = comparing ? await this.engine.pair(a, b, signal, tell) : null
    tell(pair)
    return !!this.engine.source.query && [sides?.a, sides?.b, pair].some((one) => one?.exact === false)
  }

  #problemOf(expression: string | null): FilterProblem | null {
    const answer = this.engine.mask(expression)
    return "error" in answer ? answer.error : null
  }

  #fail(failure: unknown): void {
    if (failure instanceof DOMException && failure.name === "AbortError") return
    this.say(wordsOf(failure))
  }
}
