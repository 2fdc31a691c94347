/** Claim: what a finding says, and whether it names its place itself. Pure. */

/** Python's own sentences say the layer's label and the unit's address; of a sentence a person wrote, the page adds them. */
export function namesPlace(claim: string, at: string): boolean {
  return claim.includes(` (${at}) `)
}
