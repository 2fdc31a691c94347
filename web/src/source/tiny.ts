import type { Manifest } from "../contract/manifest"

/** The smallest manifest there is, for tests. */
export function tinyManifest(change: Partial<Manifest> = {}): Manifest {
  return {
    format: "neuronaut-view",
    version: 1,
    id: "tiny",
    title: "tiny",
    created: "2026-01-01T00:00:00Z",
    appVersion: "0",
    model: { name: "net", framework: "none", layers: [], edges: [] },
    samples: { n: 0, total: 0, grouped: false, kind: "table", ids: "b0", half: "b0", columns: [], unlisted: null, preview: null },
    task: { kind: "none", classes: null, label: null },
    activations: [],
    maps: [],
    slices: [],
    comparisons: [],
    influence: [],
    results: [],
    findings: [],
    view: { a: null, b: null, colour: null },
    notes: [],
    blobs: {},
    blocks: {},
    ...change,
  }
}

/** What explorer/text.py does, one bit after the other. */
export function encodeText(bytes: Uint8Array): string {
  const alphabet = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).filter((sign) => !"<>&".includes(sign))
  const bit = (at: number) => ((bytes[at >> 3] ?? 0) >> (at & 7)) & 1
  let text = ""
  for (let pair = 0; pair < Math.ceil(bytes.length / 13) * 8; pair++) {
    const value = Array.from({ length: 13 }, (_, at) => bit(pair * 13 + at) << at).reduce((sum, one) => sum + one, 0)
    text += alphabet[Math.floor(value / 91)]! + alphabet[value % 91]!
  }
  return text
}
