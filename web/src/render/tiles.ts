/** Tiles: the maps of a layer's channels as one picture, from which each channel's is cut. */

import { magnitude, MISSING, signed } from "../colour/scales"
import type { Theme } from "../colour/tokens"
import type { LayerMaps } from "../engine/maps"

export interface Tiles {
  readonly picture: CanvasImageSource
  readonly height: number
  readonly width: number
}

/** RGBA of all maps, one beneath the other; places without a value are see-through. */
export function pixelsOf(maps: LayerMaps, either: boolean, theme: Theme): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * maps.values.length)
  maps.values.forEach((value, at) => {
    const colour = either ? signed(value, maps.most, theme) : magnitude(value, maps.most, theme)
    if (colour === MISSING) return
    pixels.set([(colour >> 16) & 255, (colour >> 8) & 255, colour & 255, 255], 4 * at)
  })
  return pixels
}

/** The picture of a layer's maps; `either`: values may take either sign. */
export function tilesOf(maps: LayerMaps, either: boolean, theme: Theme): Tiles {
  const picture = new OffscreenCanvas(maps.width, Math.max(1, maps.values.length / maps.width))
  picture.getContext("2d")!.putImageData(new ImageData(pixelsOf(maps, either, theme), maps.width), 0, 0)
  return { picture, height: maps.height, width: maps.width }
}
