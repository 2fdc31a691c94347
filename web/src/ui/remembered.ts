/**
 * Remembered: what was folded away stays so, from unit to unit and, where the browser keeps anything, from visit to
 * visit; so does the theme that was chosen.
 */

import type { Theme } from "../state/view"

const FOLDED = "neuronaut.folded"
const THEME = "neuronaut.theme"

function kept(key: string): unknown {
  try {
    return JSON.parse(window.localStorage.getItem(key) ?? "null")
  } catch {
    return null
  }
}

function keep(key: string, value: unknown): void {
  try {
    if (value === null) window.localStorage.removeItem(key)
    else window.localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // A page without storage, such as a sandboxed frame, remembers until it is closed.
  }
}

export function keptTheme(): Theme | null {
  const theme = kept(THEME)
  return theme === "dark" || theme === "light" ? theme : null
}

export function keepTheme(theme: Theme | null): void {
  keep(THEME, theme)
}

function keptFolded(): string[] {
  const list = kept(FOLDED)
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : []
}

let folded: Set<string> | null = null

export function isFolded(name: string): boolean {
  folded ??= new Set(keptFolded())
  return folded.has(name)
}

export function fold(name: string, away: boolean): void {
  folded ??= new Set(keptFolded())
  if (away) folded.add(name)
  else folded.delete(name)
  keep(FOLDED, [...folded])
}
