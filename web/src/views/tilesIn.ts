import type { Layout } from "../layout/model"
import { type Tiles, tilesOf, tilesOfPicture } from "../render/tiles"
import type { Explorer } from "./explorer.svelte"

/** The maps that stand inside of frames, by their layer's place. */
export function tilesIn(explorer: Explorer, layout: Layout): ReadonlyMap<number, Tiles> {
  const { arranged, oneMaps, drawnMaps } = explorer
  return new Map(
    explorer.manifest.model.layers.flatMap((card, index) => {
      if (!layout.layers[index]?.tiles || arranged.get(card.name)?.slots) return []
      const { picture } = oneMaps
      if (explorer.alone && card.kind === "input" && picture?.channels === card.units) return [[index, tilesOfPicture(picture)] as const]
      const maps = drawnMaps?.get(card.name)
      return maps ? [[index, tilesOf(maps, explorer.mode === "signed", explorer.theme)] as const] : []
    }),
  )
}
