/** One: a single sample as a group, so that the network draws it as it draws any. Pure. */

import type { GroupStats, LayerStats } from "../../engine/api"

/** `exact`: not worked out from rounded values. */
export function groupOfOne(values: ReadonlyMap<string, Float32Array>, exact = true): GroupStats {
  const layers = [...values].map(([name, found]): [string, LayerStats] => [
    name,
    {
      n: Float64Array.from(found, (value) => Number(Number.isFinite(value))),
      mean: found,
      meanAbs: found.map(Math.abs),
      sd: new Float32Array(found.length),
      firingRate: found.map((value) => Number(value > 0)),
      max: found,
      nonfinite: Float64Array.from(found, (value) => Number(!Number.isFinite(value))),
    },
  ])
  return { expression: "", n: 1, exact, layers: new Map(layers), problems: new Map() }
}

/** The row that a link asks for, the first where it asks for none; -1 for a row that is not there. */
export function rowAsked(at: string | null, n: number): number {
  const row = at === null ? 0 : /^\d+$/.test(at) ? Number(at) : -1
  return row < n ? row : -1
}
