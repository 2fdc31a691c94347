/** Tiles: the maps of a layer's channels as one picture, from which each channel's is cut. */

import { magnitude, MISSING, signed } from "../colour/scales"
import type { Theme } from "../colour/tokens"
import type { LayerMaps } from "../engine/maps"
import type { Preview } from "../engine/samples"

export interface Tiles {
  readonly picture: CanvasImageSource
  readonly height: number
  readonly width: number
}

/** A place of a map in the colours of values of either sign, or of sizes. */
export function colourAt(value: number, most: number, either: boolean, theme: Theme): number {
  return either ? signed(value, most, theme) : magnitude(Math.abs(value), most, theme)
}

/** RGBA of all maps, one beneath the other; places without a value are see-through. */
export function pixelsOf(maps: LayerMaps, either: boolean, theme: Theme): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(4 * maps.values.length)
  maps.values.forEach((value, at) => {
    const colour = colourAt(value, maps.most, either, theme)
    if (colour === MISSING) return
    pixels.set([(colour >> 16) & 255, (colour >> 8) & 255, colour & 255, 255], 4 * at)
  })
  return pixels
}

/** The picture of a layer's maps; `either`: in the colours of values of either sign. */
export function tilesOf(maps: LayerMaps, either: boolean, theme: Theme): Tiles {
  return stacked(pixelsOf(maps, either, theme), maps)
}

/** A sample's own picture, channel by channel in grey. */
export function tilesOfPicture({ width, height, channels, pixels }: Preview): Tiles {
  const places = width * height
  const grey = new Uint8ClampedArray(4 * places * channels).fill(255)
  pixels.forEach((value, at) => {
    const to = 4 * ((at % channels) * places + Math.floor(at / channels))
    grey.fill(value, to, to + 3)
  })
  return stacked(grey, { width, height })
}

function stacked(pixels: Uint8ClampedArray<ArrayBuffer>, { width, height }: Pick<Tiles, "width" | "height">): Tiles {
  const picture = new OffscreenCanvas(width, Math.max(1, pixels.length / 4 / width))
  if (pixels.length > 0) picture.getContext("2d")!.putImageData(new ImageData(pixels, width), 0, 0)
  return { picture, height, width }
}
