/** Claim: a finding in the page's own names. Pure. */

import { unitName } from "../ui/format"
import type { UnitRef } from "./explorer.svelte"

/** A finding calls its unit by the layer's name in the model; the page says its label first, as everywhere, and the address beside it. */
export function claimOf(claim: string, place: UnitRef | null): string {
  if (!place) return claim
  const { layer, unit } = place
  const word = layer.unitWord
  const opening = `${word.charAt(0).toUpperCase()}${word.slice(1)} ${unit} of layer ${layer.name} `
  if (!claim.startsWith(opening)) return claim
  const name = layer.unitNames ? unitName(layer, unit) : `${word} ${unit}`
  return `${layer.label} · ${name} ${claim.slice(opening.length)}`
}
