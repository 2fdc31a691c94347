/** Numbers and names as people read them; numbers as in Python (core/numerals.py). Pure. */

import type { LayerCard } from "../contract/manifest"

const MINUS = "−"

/** Three digits, no exponent between 0.0005 and a million; `±∞` and `NaN` are said as such. */
export function number(value: number): string {
  if (Number.isNaN(value)) return "–"
  if (!Number.isFinite(value)) return value > 0 ? "∞" : MINUS + "∞"
  const size = Math.abs(value)
  return (value < 0 ? MINUS : "") + plain(size)
}

function plain(size: number): string {
  if (size === 0) return "0"
  if (size >= 1e6 || size < 5e-4) return exponent(size.toExponential(1))
  if (size >= 1000) return Math.round(size).toLocaleString("en-US")
  if (size >= 99.95) return size.toFixed(0)
  if (size >= 9.995) return size.toFixed(1)
  return size.toFixed(size >= 0.9995 ? 2 : 3)
}

const exponent = (text: string): string => text.replace("e+", "e").replace("-", MINUS)

/** Two decimals with its sign: weights, effects. */
export function signed(value: number): string {
  if (!Number.isFinite(value)) return number(value)
  const size = Math.abs(value)
  const text = size < 0.005 || size >= 100 ? plain(size) : size.toFixed(2)
  return (value < 0 ? MINUS : value > 0 ? "+" : "") + text
}

/** Three significant digits with the sign, however small: what is read beside its interval and what chance does. */
export function measured(value: number): string {
  if (!Number.isFinite(value) || value === 0) return number(value)
  const size = Math.abs(value)
  const text = size.toExponential(2)
  const power = Number(text.slice(text.indexOf("e") + 1))
  return (value < 0 ? MINUS : "+") + (power < -4 || power > 5 ? exponent(text) : size >= 1000 ? plain(size) : size.toFixed(Math.max(0, 2 - power)))
}

/** Whole numbers with thousands separators. */
export function count(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString("en-US") : "–"
}

/** Two decimals of what has an end at 0 and 1, as AUROC and correlations; 0 and 1 only for what is exactly that. */
export function score(value: number): string {
  const size = Math.abs(value)
  const sign = value < 0 ? MINUS : ""
  if (size === 1) return sign + "1"
  if (!Number.isFinite(value) || size === 0) return number(value)
  const bound = size < 0.0005 ? "0.001" : size >= 0.9995 && size < 1 ? "0.999" : ""
  if (bound) return (size < 0.5 === value > 0 ? "< " : "> ") + sign + bound
  return sign + size.toFixed(size < 0.005 || (size >= 0.995 && size < 1) ? 3 : 2)
}

/** Whole from 10% on; 0% and 100% only for none and all. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "–"
  const value = Math.abs(share) * 100
  if (value > 0 && value < 0.1) return "< 0.1%"
  if (value < 100 && value > 99.9) return "> 99.9%"
  const whole = value === 0 || value >= 100 || (value >= 9.95 && value < 99.5)
  return (share < 0 ? MINUS : "") + value.toFixed(whole ? 0 : 1) + "%"
}

/** The chance below which no number can say it. */
export const LEAST_CHANCE = 1e-300

/** A p or q value; never 0. */
export function chance(value: number): string {
  if (!Number.isFinite(value)) return "–"
  if (value < LEAST_CHANCE) return `< 1e${MINUS}300`
  if (value < 0.001) return exponent(value.toExponential(0))
  return value.toFixed(value < 0.1 ? 3 : 2)
}

/** What `~` means, wherever it stands. */
export const APPROXIMATE = "~ near, not exact: worked out here from each sample's rounded value"

/** `~` before numbers that come from quantised rows. */
export function about(text: string, exact: boolean): string {
  return exact || /[–∞]$/.test(text) || text === "0" || text === "0%" ? text : "~" + text.replace(/^−/, "\u2009−")
}

const ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ["relu", "ReLU"],
  ["relu6", "ReLU6"],
  ["leaky_relu", "LeakyReLU"],
  ["prelu", "PReLU"],
  ["elu", "ELU"],
  ["selu", "SELU"],
  ["celu", "CELU"],
  ["gelu", "GELU"],
  ["silu", "SiLU"],
  ["hardswish", "Hardswish"],
  ["hardsigmoid", "Hardsigmoid"],
  ["mish", "Mish"],
])

export function activationName(name: string): string {
  return ACTIVATIONS.get(name) ?? name
}

/** "linear" is Linear, "conv2d" Conv2d, as in the module's own name. */
export function operatorName(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** "32 · ReLU", "6 features", "16 · ReLU · 14×14". */
export function layerFacts(layer: LayerCard): string {
  return facts(layer).join(" · ")
}

/** As many of them as are sure to fit in so many pixels of 12 px text. */
export function factsIn(layer: LayerCard, room: number): string {
  const all = facts(layer)
  while (all.length > 1 && all.join(" · ").length * 6.6 > room) all.pop()
  const [units = ""] = all
  return units.length * 6.6 > room ? count(layer.units) : all.join(" · ")
}

function facts(layer: LayerCard): string[] {
  if (layer.kind === "input") return [plural(layer.units, layer.unitWord), ...sizeOf(layer)]
  const units = layer.output ? plural(layer.units, "output") : count(layer.units)
  return [units, ...(layer.activation ? [activationName(layer.activation)] : []), ...sizeOf(layer)]
}

function sizeOf(layer: LayerCard): string[] {
  return layer.position.length > 0 ? [layer.position.join("×")] : []
}

export function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? "" : "s"}`
}

/** A name such as "8" could be anything: its layer is said with it. */
export function isNumber(name: string): boolean {
  return /^[\d\s.,-]*$/.test(name)
}

/** "11", or the unit's own name. */
export function unitName(layer: LayerCard, unit: number): string {
  return layer.unitNames?.[unit] ?? String(unit)
}
