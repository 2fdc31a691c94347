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
