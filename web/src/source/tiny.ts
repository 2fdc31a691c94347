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
    samples: { n: 0, total: 0, kind: "table", ids: "b0", half: "b0", columns: [], preview: null },
    task: { kind: "none", classes: null, label: null },
    activations: [],
    slices: [],
    comparisons: [],
    influence: [],
    findings: [],
    view: { a: null, b: null, colour: null },
    notes: [],
    blobs: {},
    blocks: {},
    ...change,
  }
}
