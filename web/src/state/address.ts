/** Addresses: `name[~call][.pre]:unit[@y,x]`, read and written as in Python (core/address.py). */

export interface Address {
  readonly layer: string
  readonly site: "pre" | "post"
  readonly unit: number | null
  readonly position: readonly number[] | null
}

const TAIL = /^(\d+)(?:@(\d+(?:,\d+)*))?$/

/** Reads an address; an exact layer name wins over splitting at the last colon. null when it names no layer. */
export function parseAddress(text: string, layers: { has(name: string): boolean }): Address | null {
  if (layers.has(text)) return { layer: text, site: "post", unit: null, position: null }
  const colon = text.lastIndexOf(":")
  const match = colon >= 0 ? TAIL.exec(text.slice(colon + 1)) : null
  let layer = match ? text.slice(0, colon) : text
  let site: "pre" | "post" = "post"
  if (!layers.has(layer) && layer.endsWith(".pre")) {
    layer = layer.slice(0, -4)
    site = "pre"
  }
  if (!layers.has(layer)) return null
  const position = match?.[2]?.split(",").map(Number) ?? null
  return { layer, site, unit: match ? Number(match[1]) : null, position }
}

export function formatAddress(layer: string, unit: number | null): string {
  return unit === null ? layer : `${layer}:${unit}`
}
