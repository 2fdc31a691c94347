/** Stage: three stacked canvases (edges, units, overlay). Hovering repaints the overlay alone. */

import { parseHex } from "../colour/oklab"
import type { WorkCounters } from "../engine/api"
import type { Camera, Extent } from "../layout/camera"
import type { Route } from "../layout/model"
import { accumulate, brightest, raster, toneMap } from "./density"
import { drawEdges, type EdgePaths, RASTER } from "./edges2d"
import { drawLinks } from "./links2d"
import { drawNodes, type Names } from "./nodes2d"
import { drawOverlay, type OverlayState } from "./overlay2d"
import type { Ink, Paint } from "./paint"
import type { Scene } from "./scene"
import { redraws } from "./svgPen"
import type { Tiles } from "./tiles"
import { between, STILL, type Transform, transformOf } from "./transform"

/** What is on the stage; replaced as a whole, never changed. */
export interface Picture {
  readonly scene: Scene
  readonly paint: Paint
  readonly names: ReadonlyMap<number, Names>
  /** Maps of the layers that are drawn as tiles. */
  readonly tiles: ReadonlyMap<number, Tiles>
  readonly ink: Ink
  /** Flow without weights; drawn beneath the units. */
  readonly links: readonly Route[]
  /** Edges that are drawn; null draws none. */
  readonly edges: EdgePaths | null
  /** Edges that a highlight is drawn from, also while none are drawn. */
  readonly carriers: EdgePaths | null
}

/** More edges than this follow the camera as a bitmap and are drawn again once it rests. */
const LIVE = 2_500
/** Milliseconds of rest before the edges are drawn again. */
const REST = 80
/** Milliseconds of rastering between two frames, and edges between two looks at the clock. */
const SLICE = 10
const BATCH = 2_000

const NOTHING: OverlayState = { highlight: null, hover: -1, selected: -1, focus: -1, pins: [] }

export class Stage {
  readonly #edges: HTMLCanvasElement
  readonly #units: HTMLCanvasElement
  readonly #overlay: HTMLCanvasElement
  readonly #counters: WorkCounters
  #picture: Picture | null = null
  #state: OverlayState = NOTHING
  #size: Extent = { width: 0, height: 0 }
  #ratio = 1
  #at: Transform = STILL
  /** Under which transform the edges were last drawn. */
  #edgesAt: Transform = STILL
  #dirty = { edges: false, units: false, overlay: false }
  #frame = 0
  #rest = 0
  #raster = 0

  constructor(host: HTMLElement, counters: WorkCounters) {
    this.#counters = counters
    this.#edges = layer(host, "edges")
    this.#units = layer(host, "units")
    this.#overlay = layer(host, "overlay")
    this.#offerVectors()
  }

  resize(size: Extent, ratio: number): void {
    if (size.width === this.#size.width && size.height === this.#size.height && ratio === this.#ratio) return
    this.#size = size
    this.#ratio = ratio
    for (const canvas of [this.#edges, this.#units, this.#overlay]) {
      canvas.width = Math.round(size.width * ratio)
      canvas.height = Math.round(size.height * ratio)
      canvas.style.width = `${size.width}px`
      canvas.style.height = `${size.height}px`
    }
    this.#ask(true, true, true)
  }

  show(picture: Picture): void {
    const before = this.#picture
    this.#picture = picture
    const moved = before?.scene !== picture.scene || before.ink !== picture.ink
    const edges = moved || before.edges !== picture.edges
    const units = moved || before.paint !== picture.paint || before.names !== picture.names || before.tiles !== picture.tiles
    this.#ask(edges, units, edges || units)
  }

  look(camera: Camera): void {
    const next = transformOf(camera, this.#size)
    if (next.k === this.#at.k && next.tx === this.#at.tx && next.ty === this.#at.ty) return
    this.#at = next
    const heavy = (this.#picture?.edges?.set.count ?? 0) > LIVE
    if (heavy) this.#followWithBitmap()
    this.#ask(!heavy, true, true)
  }

  overlay(state: OverlayState): void {
    this.#state = state
    this.#ask(false, false, true)
  }

  close(): void {
    cancelAnimationFrame(this.#frame)
    clearTimeout(this.#rest)
    this.#raster++
    for (const canvas of [this.#edges, this.#units, this.#overlay]) canvas.remove()
  }

  #followWithBitmap(): void {
    const { k, tx, ty } = between(this.#edgesAt, this.#at)
    this.#edges.style.transform = `translate(${tx}px, ${ty}px) scale(${k})`
    clearTimeout(this.#rest)
    this.#rest = window.setTimeout(() => this.#ask(true, false, false), REST)
  }

  #ask(edges: boolean, units: boolean, overlay: boolean): void {
    this.#dirty.edges ||= edges
    this.#dirty.units ||= units
    this.#dirty.overlay ||= overlay
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = 0
    const picture = this.#picture
    if (!picture || this.#size.width === 0) return
    const { edges, units, overlay } = this.#dirty
    this.#dirty = { edges: false, units: false, overlay: false }
    if (edges || units) this.#counters.fullRedraws++
    if (edges) this.#drawEdges(picture)
    if (units) {
      this.#drawUnits(this.#clear(this.#units), picture)
    }
    if (overlay) this.#drawOverlay(picture)
  }

  #drawUnits(ctx: CanvasRenderingContext2D, { scene, paint, ink, names, links, tiles }: Picture): void {
    drawLinks(ctx, scene, links, this.#at, ink)
    drawNodes(ctx, scene, paint, this.#at, ink, names, tiles)
  }

  /** So that what is drawn can be saved as vectors; a density image stays an image. */
  #offerVectors(): void {
    redraws.set(this.#units, (ctx) => this.#picture && this.#drawUnits(ctx, this.#picture))
    redraws.set(this.#overlay, (ctx) => {
      const { picture, size } = { picture: this.#picture, size: this.#size }
      if (picture) drawOverlay(ctx, { ...picture, paths: picture.carriers }, this.#state, this.#at, size.width, size.height)
    })
    redraws.set(this.#edges, (ctx) => {
      const { edges, ink } = this.#picture ?? {}
      if (edges && ink) drawEdges(ctx, edges, this.#at, ink, crowding(edges.set.count, this.#at.k), 1 / this.#ratio)
    })
  }

  #drawOverlay({ scene, paint, names, ink, tiles, carriers }: Picture): void {
    const { width, height } = this.#size
    const input = { scene, paint, names, ink, tiles, paths: carriers }
    this.#counters.edgesDrawn += drawOverlay(this.#clear(this.#overlay), input, this.#state, this.#at, width, height)
    this.#counters.overlayRedraws++
  }

  #drawEdges({ edges, ink }: Picture): void {
    clearTimeout(this.#rest)
    this.#raster++
    this.#edgesAt = this.#at
    this.#edges.style.transform = ""
    const ctx = this.#clear(this.#edges)
    if (!edges) return
    if (edges.set.count > RASTER) {
      redraws.delete(this.#edges)
      void this.#drawRaster(edges, ink, this.#raster)
      return
    }
    this.#counters.edgesDrawn += drawEdges(ctx, edges, this.#at, ink, crowding(edges.set.count, this.#at.k), 1 / this.#ratio)
  }

  /** Raster in slices; every slice shows what is there so far. A newer drawing ends an older one. */
  async #drawRaster(edges: EdgePaths, ink: Ink, mine: number): Promise<void> {
    const width = Math.ceil(this.#size.width)
    const height = Math.ceil(this.#size.height)
    const at = this.#at
    const into = raster(width, height)
    const image = new ImageData(width, height)
    const bitmap = new OffscreenCanvas(width, height)
    const brush = bitmap.getContext("2d")!
    const { count } = edges.set
    for (let done = 0; done < count; ) {
      const until = performance.now() + SLICE
      while (done < count && performance.now() < until) {
        const next = Math.min(count, done + BATCH)
        accumulate(into, edges, at, done, next)
        done = next
      }
      await new Promise((resume) => requestAnimationFrame(resume))
      if (mine !== this.#raster) return
    }
    toneMap(into, image.data, parseHex(ink.positive), parseHex(ink.negative), brightest(into), ink.dark ? 0.7 : 0.95)
    brush.putImageData(image, 0, 0)
    this.#clear(this.#edges).drawImage(bitmap, 0, 0, width, height)
    this.#counters.edgesDrawn += count
  }

  #clear(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
    const ctx = canvas.getContext("2d")!
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.clearRect(0, 0, canvas.width, canvas.height)
    ctx.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    return ctx
  }
}

/** Many edges on a small stage get fainter, so that strong ones stay visible. */
function crowding(count: number, zoom: number): number {
  return Math.min(1, Math.max(0.16, Math.sqrt((700 * Math.max(1, zoom)) / Math.max(1, count))))
}

function layer(host: HTMLElement, name: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas")
  canvas.className = `nn-layer nn-layer-${name}`
  canvas.setAttribute("aria-hidden", "true")
  host.append(canvas)
  return canvas
}
