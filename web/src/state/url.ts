/** The View as a URL hash: `#/network?a=…&sel=…`, only what differs from the page's default. */

import { parseAddress } from "./address"
import { type Blend, type Camera, type ColourMode, type EdgeMode, type OrderMode, ROUTES, type Theme, type View } from "./view"

/** Longer links go to "copy as snippet". */
export const MAX_LINK = 2000

/** Named slices at most. */
export const MAX_SLICES = 40

/** Pinned units at most. */
export const MAX_PINS = 12

/** Opened groups at most. */
const MAX_OPEN = 24

const COLOURS: readonly ColourMode[] = ["signed", "abs", "ab", "health", "selectivity"]
const ORDERS: readonly OrderMode[] = ["index", "crossings", "together", "class", "rate", "mean"]
const EDGES: readonly EdgeMode[] = ["none", "6", "all"]
const BLENDS: readonly Blend[] = ["oklch", "purple"]
const THEMES: readonly Theme[] = ["dark", "light"]

export interface Decoded {
  readonly view: View
  /** What the link asked for and this page does not have, in words. */
  readonly messages: readonly string[]
}

/** What a link may name. */
export interface Known {
  readonly layers: ReadonlyMap<string, { readonly units: number }>
}

function number(value: number): string {
  return String(Number(value.toPrecision(6)))
}

function formatCamera(camera: Camera | null): string {
  return camera === null ? "" : [camera.x, camera.y, camera.z].map(number).join(",")
}

const flag = (on: boolean): string => (on ? "1" : "0")

export function samePins(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((pin, place) => pin === other[place]))
}

export function sameOwn(one: View["own"], other: View["own"]): boolean {
  const keys = Object.keys(one)
  return one === other || (keys.length === Object.keys(other).length && keys.every((key) => one[key] === other[key]))
}

/** Names that a view may keep something under: none that means something to every view. */
const OWN = /^[a-z]{1,12}$/

/** How units are coloured where a link does not say it: with two groups of its own by how these differ. */
function usualColour({ a, b }: View, base: View): ColourMode {
  return base.col === "abs" && a !== null && b !== null && (a !== base.a || b !== base.b) ? "ab" : base.col
}

/** A value as a link holds it; half of a sign, which no link can hold, becomes U+FFFD as in Python. */
const encode = (text: string): string => encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd"))

/** The hash of a view; a null that differs from the default is written as an empty value. */
export function encodeView(view: View, base: View): string {
  const pairs: string[] = []
  const put = (key: string, value: string | null, usual: string | null): void => {
    if (value !== usual) pairs.push(`${key}=${encode(value ?? "")}`)
  }
  put("at", view.at, base.at)
  put("a", view.a, base.a)
  put("b", view.b, base.b)
  put("sel", view.sel, base.sel)
  if (!samePins(view.pins, base.pins)) pairs.push(...(view.pins.length > 0 ? view.pins : [""]).map((pin) => `pin=${encode(pin)}`))
  pairs.push(...view.open.map((one) => `open=${encode(one)}`))
  pairs.push(...view.slices.map((one) => `slice=${encode(one)}`))
  put("col", view.col, usualColour(view, base))
  put("ord", view.ord, base.ord)
  put("edges", view.edges, base.edges)
  put("blend", view.blend, base.blend)
  put("theme", view.theme, base.theme)
  put("cam", formatCamera(view.cam), formatCamera(base.cam))
  put("units", String(view.most), String(base.most))
  put("table", flag(view.table), flag(base.table))
  put("max", flag(view.max), flag(base.max))
  put("ranked", flag(view.ranked), flag(base.ranked))
  put("map", flag(view.map), flag(base.map))
  put("class", view.classes, base.classes)
  for (const [key, value] of Object.entries(view.own)) put(key, value, null)
  return `#/${view.route}` + (pairs.length > 0 ? `?${pairs.join("&")}` : "")
}

/** encodeURIComponent's inverse that also takes `+` for a space and never throws. */
function decode(text: string): string {
  const spaced = text.replaceAll("+", " ")
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

function readCamera(text: string): Camera | null {
  const [x, y, z, ...rest] = text.split(",").map(Number)
  const good = rest.length === 0 && [x, y, z].every(Number.isFinite) && z! > 0
  return good ? Object.freeze({ x: x!, y: y!, z: z! }) : null
}

/** Reads a hash; what it does not say, or says wrongly, stays as in `base`. */
export function decodeView(hash: string, base: View, known: Known): Decoded {
  const messages: string[] = []
  const text = hash.replace(/^#?\/?/, "")
  const cut = text.indexOf("?")
  const route = cut < 0 ? text : text.slice(0, cut)
  const found = ROUTES.find((one) => one === route)
  if (route !== "" && !found) messages.push(`This page has no view "${route}"; showing the network.`)
  const view = { ...base, route: found ?? "network" }
  const own = new Map<string, string>()
  let pins: string[] | null = null
  let col: ColourMode | null = null
  const open: string[] = []
  const slices: string[] = []
  const oneOf = <T extends string>(key: string, value: string, choices: readonly T[], usual: T): T => {
    const found = choices.find((choice) => choice === value)
    if (found === undefined) messages.push(`"${value}" is no value of ${key}; it can be ${choices.join(", ")}.`)
    return found ?? usual
  }
  const readers = new Map<string, (value: string) => void>([
    ["at", (value) => (view.at = value === "" ? null : value)],
    ["a", (value) => (view.a = value === "" ? null : value)],
    ["b", (value) => (view.b = value === "" ? null : value)],
    ["sel", (value) => (view.sel = readSelection(value, known, messages))],
    ["pin", (value) => (pins = [...(pins ?? []), ...readPin(value, known, messages)])],
    ["open", (value) => void open.push(...readPin(value, known, messages))],
    ["slice", (value) => void slices.push(value)],
    ["ord", (value) => (view.ord = oneOf("ord", value, ORDERS, base.ord))],
    ["units", (value) => (view.most = readMost(value) ?? base.most)],
    ["table", (value) => (view.table = value === "1")],
    ["max", (value) => (view.max = value === "1")],
    ["ranked", (value) => (view.ranked = value === "1")],
    ["map", (value) => (view.map = value === "1")],
    ["class", (value) => (view.classes = value === "" ? null : value)],
    ["col", (value) => (col = oneOf("col", value, COLOURS, base.col))],
    ["edges", (value) => (view.edges = oneOf("edges", value, EDGES, base.edges))],
    ["blend", (value) => (view.blend = oneOf("blend", value, BLENDS, base.blend))],
    ["theme", (value) => (view.theme = value === "" ? null : oneOf("theme", value, THEMES, "dark"))],
    ["cam", (value) => (view.cam = readCamera(value))],
  ])
  for (const pair of cut < 0 ? [] : text.slice(cut + 1).split("&")) {
    const at = pair.indexOf("=")
    const [key, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), decode(pair.slice(at + 1))]
    const read = readers.get(key)
    if (read) read(value)
    else if (OWN.test(key)) own.set(key, value)
  }
  view.col = col ?? usualColour(view, base)
  if (pins !== null) view.pins = Object.freeze([...new Set<string>(pins)].slice(0, MAX_PINS))
  view.open = Object.freeze([...new Set(open)].slice(0, MAX_OPEN))
  view.slices = Object.freeze([...new Set(slices.filter((one) => /^[^\t]+\t./.test(one)))].slice(0, MAX_SLICES))
  view.own = Object.freeze(Object.fromEntries(own))
  return { view: Object.freeze(view), messages }
}

function readPin(text: string, known: Known, messages: string[]): string[] {
  const address = readSelection(text, known, messages)
  return address !== null && parseAddress(address, known.layers)?.unit !== null ? [address] : []
}

function readMost(text: string): number | null {
  const most = Number(text)
  return Number.isInteger(most) && most >= 16 && most <= 1e6 ? most : null
}

function readSelection(text: string, known: Known, messages: string[]): string | null {
  if (text === "") return null
  const address = parseAddress(text, known.layers)
  if (!address) {
    messages.push(`No layer of this network is meant by "${text}"; nothing is selected.`)
    return null
  }
  const { layer, unit } = address
  if (unit === null) return layer
  const units = known.layers.get(layer)!.units
  if (unit < units) return `${layer}:${unit}`
  messages.push(`Layer ${layer} has ${units} units, so there is no ${text}; showing the layer's last unit.`)
  return units > 0 ? `${layer}:${units - 1}` : layer
}
