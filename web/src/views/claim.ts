/** Claim: what a finding says, and whether it names its place itself. Pure. */

/** Python's own sentences say the layer's label and the unit's address; of a sentence a person wrote, the page adds them. */
export function namesPlace(claim: string, at: string): boolean {
  return claim.includes(` (${at}) `)
}

/** Numbers as the rest of the page sets them: a minus that is one, and "q = 2e−119" in one piece. */
export function typeset(claim: string): string {
  return claim
    .replaceAll(/(^|[\s[(=])-(?=[\d.])/g, "$1−")
    .replaceAll(/(\de)-(?=\d)/g, "$1−")
    .replaceAll(/\b([a-z]) ([=<>]) (?=[\d−])/gi, "$1\u00a0$2\u00a0")
}

export interface Groups {
  readonly a: string | null
  readonly b: string | null
}

/** The places of findings that compare the same groups, together; in the order of the first of each. */
export function toldOf(findings: readonly Groups[]): (Groups & { readonly places: readonly number[] })[] {
  const found = new Map<string, Groups & { readonly places: number[] }>()
  findings.forEach(({ a, b }, place) => {
    const key = JSON.stringify([a, b])
    const known = found.get(key) ?? { a, b, places: [] }
    known.places.push(place)
    found.set(key, known)
  })
  return [...found.values()]
}
