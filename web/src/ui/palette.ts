/** Palette: whatever people type, as places to go to, filters to set and commands to run. Pure. */

import type { FindingCard, LayerCard, SliceCard } from "../contract/manifest"
import type { Column } from "../filter/columns"
import { equalTo, nameText } from "../filter/text"
import { COMMANDS, type CommandId } from "../state/commands"
import { find } from "./find"
import { count, plural, unitName } from "./format"
import type { IconName } from "./icons"

export type Action =
  | { readonly kind: "unit"; readonly layer: LayerCard; readonly unit: number | null }
  /** A whole filter, for group A. */
  | { readonly kind: "filter"; readonly expression: string }
  /** A filter's beginning, to be gone on with. */
  | { readonly kind: "column"; readonly text: string }
  | { readonly kind: "finding"; readonly hash: string }
  /** A row of the page. */
  | { readonly kind: "sample"; readonly row: number }
  | { readonly kind: "command"; readonly id: CommandId }

export interface Entry {
  readonly key: string
  readonly icon: IconName
  readonly title: string
  /** What it is, or does. */
  readonly detail: string
  /** At the right: an address, a key. */
  readonly hint: string
  readonly action: Action
}

export interface Sources {
  readonly layers: readonly LayerCard[]
  readonly columns: ReadonlyMap<string, Column>
  readonly slices: readonly SliceCard[]
  readonly findings: readonly FindingCard[]
  /** The numbers of the samples, row by row. */
  readonly ids?: Uint32Array
  /** Commands that the page has not. */
  readonly missing?: readonly CommandId[]
}

const MOST = 14
/** Values of a column that are offered as filters. */
const VALUES = 50
const KEYBOARD_ONLY: ReadonlySet<CommandId> = new Set(["up", "down", "left", "right", "left-strongest", "right-strongest", "select", "escape", "jump"])

/** Units and layers that are meant exactly, then whatever fits by falling likeness. Nothing typed: where to begin. */
export function palette(query: string, sources: Sources): Entry[] {
  const text = query.trim()
  const entries = new Map<string, Entry>()
  const add = (entry: Entry): void => {
    if (entries.size < MOST && !entries.has(entry.key)) entries.set(entry.key, entry)
  }
  if (text === "") {
    const begin = [...findings(sources), ...slices(sources), ...places(sources.layers, false)]
    begin.slice(0, MOST - 4).forEach(add)
    commands(sources).forEach(add)
    return [...entries.values()]
  }
  for (const { layer, unit, address, title, detail } of find(text, sources.layers, 8)) add(place(layer, unit, address, title, detail))
  const sample = sampleOf(text, sources)
  if (sample) add(sample)
  const all = [...places(sources.layers, true), ...findings(sources), ...slices(sources), ...columns(sources), ...values(sources), ...commands(sources)]
  const fitting = all.map((entry) => ({ entry, score: Math.max(likeness(entry.title, text), likeness(entry.hint, text) - 1) }))
  fitting
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .forEach(({ entry }) => add(entry))
  return [...entries.values()]
}

/** How well a text answers a query: 0 not at all, else higher for beginnings, words and neighbouring letters. */
export function likeness(text: string, query: string): number {
  const [low, asked] = [text.toLowerCase(), query.toLowerCase()]
  if (asked === "" || low === "") return 0
  const brief = 1 - Math.min(1, low.length / 200)
  if (low.startsWith(asked)) return 5 + brief
  const words = asked.split(/\s+/)
  const starts = low.split(/[^\p{L}\p{N}]+/u)
  if (words.every((word) => starts.some((start) => start.startsWith(word)))) return 4 + brief
  if (words.every((word) => low.includes(word))) return 3 + brief
  return scattered(low, asked.replaceAll(/\s/g, "")) + (asked.length > 2 ? 0 : -2)
}

/** Letters in their order with gaps: 0 to 2, more for smaller gaps; 0 where they are strewn over the whole text. */
function scattered(low: string, asked: string): number {
  let [at, first] = [-1, 0]
  for (const letter of asked) {
    at = low.indexOf(letter, at + 1)
    if (at < 0) return 0
    if (letter === asked[0] && first === 0) first = at + 1
  }
  const spread = at - first + 2
  return spread > asked.length * 3 ? 0 : (2 * asked.length) / spread
}

function place(layer: LayerCard, unit: number | null, address: string, title: string, detail: string): Entry {
  return { key: `unit ${address}`, icon: unit === null ? "layers" : "neuron", title, detail, hint: address, action: { kind: "unit", layer, unit } }
}

function places(layers: readonly LayerCard[], named: boolean): Entry[] {
  return layers.flatMap((layer) => [
    place(layer, null, layer.name, layer.label, plural(layer.units, layer.unitWord)),
    ...(named && layer.unitNames ? layer.unitNames : []).map((name, unit) => {
      return place(layer, unit, `${layer.name}:${unit}`, `${layer.label} · ${unitName(layer, unit) || name}`, layer.unitWord)
    }),
  ])
}

/** The sample that is named by its number: "184", "#184", "sample 184". */
function sampleOf(text: string, { ids }: Sources): Entry | null {
  const [, digits] = /^(?:sample\s*)?#?\s*(\d+)$/i.exec(text) ?? []
  const row = digits === undefined ? -1 : (ids?.indexOf(Number(digits)) ?? -1)
  return row < 0 ? null : { key: `sample ${row}`, icon: "table", title: `Sample ${ids![row]}`, detail: "sample", hint: "", action: { kind: "sample", row } }
}

function findings({ findings }: Sources): Entry[] {
  return findings.map(({ claim, at, hash }, index) => {
    return { key: `finding ${index}`, icon: "bulb", title: claim, detail: "finding", hint: at, action: { kind: "finding", hash } }
  })
}

function slices({ slices }: Sources): Entry[] {
  return slices.slice(1).map(({ name, expression, n }, index) => {
    const said = name === expression ? "" : `${expression} · `
    return { key: `slice ${index}`, icon: "filter", title: name, detail: "slice, into A", hint: said + count(n), action: { kind: "filter", expression } }
  })
}

function columns({ columns }: Sources): Entry[] {
  return [...columns.values()].map(({ name, kind }) => {
    return { key: `column ${name}`, icon: "table", title: name, detail: `column, ${kind === "bool" ? "yes or no" : kind}`, hint: "begin a filter", action: { kind: "column", text: `${nameText(name)} ` } }
  })
}

function values({ columns }: Sources): Entry[] {
  return [...columns.values()].flatMap((column) => {
    if (column.kind !== "text" || column.values.length > VALUES) return []
    return column.values.map((value): Entry => {
      const expression = equalTo(column.name, value)
      return { key: `value ${expression}`, icon: "filter", title: value, detail: "filter, into A", hint: expression, action: { kind: "filter", expression } }
    })
  })
}

function commands({ missing = [] }: Sources): Entry[] {
  return COMMANDS.filter(({ id }) => !KEYBOARD_ONLY.has(id) && !missing.includes(id)).map(({ id, label, keys }) => {
    return { key: `command ${id}`, icon: "keyboard", title: label, detail: "command", hint: keys[0]!.toUpperCase(), action: { kind: "command", id } }
  })
}
