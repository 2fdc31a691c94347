/** Remembered: what was folded away stays so, from unit to unit and, where the browser keeps anything, from visit to visit. */

const KEY = "neuronaut.folded"

function kept(): string[] {
  try {
    const list: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? "[]")
    return Array.isArray(list) ? list.filter((one) => typeof one === "string") : []
  } catch {
    return []
  }
}

let folded: Set<string> | null = null

export function isFolded(name: string): boolean {
  folded ??= new Set(kept())
  return folded.has(name)
}

export function fold(name: string, away: boolean): void {
  folded ??= new Set(kept())
  if (away) folded.add(name)
  else folded.delete(name)
  try {
    window.localStorage.setItem(KEY, JSON.stringify([...folded]))
  } catch {
    // A page without storage, such as a sandboxed frame, remembers until it is closed.
  }
}
