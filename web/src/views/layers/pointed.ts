/** Pointed: which samples and units a pixel of a layer's map is made of. Pure. */

import { firstOf, type Heat } from "../../engine/heat"

export interface Pointed {
  /** The unit itself, wherever it is drawn. */
  readonly unit: number
  readonly units: number
  /** The sample's row; -1 beneath the map. */
  readonly row: number
  readonly rows: number
  readonly value: number
}

export function pointedAt({ x, y }: { readonly x: number; readonly y: number }, heat: Heat, rows: Uint32Array, units: Uint32Array): Pointed {
  const column = Math.min(x, heat.width - 1)
  const line = Math.min(y, heat.height - 1)
  const [unitFrom, rowFrom] = [firstOf(column, heat.width, units.length), firstOf(line, heat.height, rows.length)]
  return {
    unit: units[unitFrom]!,
    units: firstOf(column + 1, heat.width, units.length) - unitFrom,
    row: y < 0 ? -1 : rows[rowFrom]!,
    rows: y < 0 ? 0 : firstOf(line + 1, heat.height, rows.length) - rowFrom,
    value: y < 0 ? Number.NaN : heat.values[line * heat.width + column]!,
  }
}
