/** Maps: the mean activation map of every channel, where whole maps were recorded. */

import type { LayerCard, Manifest, MapsCard } from "../contract/manifest"
import { asFloats, type Arrays } from "./arrays"
import type { Result } from "./results"

export interface LayerMaps {
  readonly height: number
  readonly width: number
  /** Size as recorded. */
  readonly full: readonly number[]
  /** Samples that the mean is of. */
  readonly n: number
  /** [unit, y, x]; NaN where no sample is finite. */
  readonly values: Float32Array
  /** Largest size of a value of the layer. */
  readonly most: number
}

export async function readMaps(arrays: Arrays, manifest: Manifest): Promise<ReadonlyMap<string, LayerMaps>> {
  const read = manifest.maps.map(async (card) => [card.layer, await readOne(arrays, card)] as const)
  const done = await Promise.all(read.map((one) => one.catch(() => null)))
  return new Map(done.filter((one) => one !== null))
}

async function readOne(arrays: Arrays, card: MapsCard): Promise<LayerMaps> {
  const what = `the maps of ${card.layer}`
  const [codes, scale] = await Promise.all([arrays.get(card.data, what), arrays.get(card.scale, what).then(asFloats)])
  const places = card.height * card.width
  const units = scale.length / 2
  if (codes.length !== units * places) throw arrays.damaged(what, "the array has another size than its scale", card.data)
  const values = Float32Array.from(codes, (code, at) => {
    const unit = Math.floor(at / places)
    return code === 255 ? Number.NaN : scale[unit]! + code * scale[units + unit]!
  })
  return mapsOf([card.height, card.width], card.full, card.n, values)
}

export function mapsOf([height, width]: readonly number[], full: readonly number[], n: number, values: Float32Array): LayerMaps {
  const most = values.reduce((largest, value) => (Math.abs(value) > largest ? Math.abs(value) : largest), 0)
  return { height: height!, width: width!, full, n, values, most }
}

/** Channels whose maps one answer holds, at most; as in Python. */
const MOST = 4096

/** Layers of images whose maps of a sample are asked for, the first ones first. */
export function mapped(cards: readonly LayerCard[]): string[] {
  let channels = 0
  return cards.flatMap(({ name, position, units }) => (position.length === 2 && (channels += units) <= MOST ? [name] : []))
}

/** The maps of one sample that came with an answer. */
export async function mapsWith(found: Result, cards: readonly LayerCard[]): Promise<ReadonlyMap<string, LayerMaps>> {
  const maps = new Map<string, LayerMaps>()
  for (const { name, position } of cards) {
    const map = await found.value(`map\t${name}`)
    if (map) maps.set(name, mapsOf(map.shape.slice(1), position, 1, asFloats(map.data)))
  }
  return maps
}

/** What is different, place by place; layers of which either has no map are left out. */
export function mapsBetween(after: ReadonlyMap<string, LayerMaps>, before: ReadonlyMap<string, LayerMaps>): ReadonlyMap<string, LayerMaps> {
  return new Map(
    [...after].flatMap(([name, { height, width, full, n, values }]) => {
      const old = before.get(name)?.values
      return old?.length === values.length ? [[name, mapsOf([height, width], full, n, values.map((value, at) => value - old[at]!))] as const] : []
    }),
  )
}
