/** Profiles: by what units of a wide layer are held to be alike, from the statistics of the page's slices. Pure. */

import type { GroupStats } from "../engine/api"

/** Slices that are looked at, at most; the first is every sample. */
export const SLICES = 17

export type Profiles = ReadonlyMap<string, { readonly values: Float32Array; readonly width: number }>

/** Per unit and slice its mean in standard deviations from its mean over all samples; then how often it fires. */
export function profilesOf(groups: readonly GroupStats[]): Profiles {
  const [all, ...slices] = groups
  if (!all) return new Map()
  return new Map(
    [...all.layers].map(([name, stats]) => {
      const width = slices.length + 1
      const values = new Float32Array(stats.mean.length * width)
      for (let unit = 0; unit < stats.mean.length; unit++) {
        const sd = stats.sd[unit]! || 1
        slices.forEach((slice, at) => {
          values[unit * width + at] = ((slice.layers.get(name)?.mean[unit] ?? Number.NaN) - stats.mean[unit]!) / sd
        })
        values[unit * width + width - 1] = stats.firingRate[unit]!
      }
      return [name, { values, width }]
    }),
  )
}
