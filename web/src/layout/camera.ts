/** Camera: which content point is in the middle of the canvas, and how large one content pixel is drawn. */

import type { Point } from "./model"

export interface Camera extends Point {
  /** Screen pixels per content pixel. */
  readonly z: number
}

export interface Extent {
  readonly width: number
  readonly height: number
}

export const MIN_ZOOM = 0.02
export const MAX_ZOOM = 24

const clampZoom = (zoom: number): number => Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom))

/** The camera that shows the whole content, never larger than life. */
export function fit(content: Extent, canvas: Extent): Camera {
  const z = Math.min(1, canvas.width / content.width, canvas.height / content.height)
  return { x: content.width / 2, y: content.height / 2, z: Number.isFinite(z) ? clampZoom(z) : 1 }
}

export function toScreen(camera: Camera, canvas: Extent, point: Point): Point {
  return { x: (point.x - camera.x) * camera.z + canvas.width / 2, y: (point.y - camera.y) * camera.z + canvas.height / 2 }
}

export function toContent(camera: Camera, canvas: Extent, point: Point): Point {
  return { x: (point.x - canvas.width / 2) / camera.z + camera.x, y: (point.y - canvas.height / 2) / camera.z + camera.y }
}

/** Zooms by `factor` while the content under `anchor` (screen pixels) stays where it is. */
export function zoomAt(camera: Camera, canvas: Extent, anchor: Point, factor: number): Camera {
  const z = clampZoom(camera.z * factor)
  const fixed = toContent(camera, canvas, anchor)
  return { x: fixed.x - (anchor.x - canvas.width / 2) / z, y: fixed.y - (anchor.y - canvas.height / 2) / z, z }
}

/** Moves the content by screen pixels. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { x: camera.x - dx / camera.z, y: camera.y - dy / camera.z, z: camera.z }
}

/** Keeps at least a part of the content in view. */
export function clampCamera(camera: Camera, content: Extent): Camera {
  const inside = (value: number, size: number): number => Math.min(size, Math.max(0, Number.isFinite(value) ? value : size / 2))
  return { x: inside(camera.x, content.width), y: inside(camera.y, content.height), z: clampZoom(camera.z || 1) }
}

/** Moves the camera just so far that a point is visible, `margin` screen pixels from the border; above and below may need more. */
export function reveal(camera: Camera, canvas: Extent, point: Point, margin = 48, above = margin, below = margin): Camera {
  const at = toScreen(camera, canvas, point)
  const shift = (value: number, low: number, high: number): number => (value < low ? low - value : value > high ? high - value : 0)
  return pan(camera, shift(at.x, margin, canvas.width - margin), shift(at.y, above, canvas.height - below))
}

/** Wheel delta (with its mode and pinch flag) as a zoom factor. */
export function wheelFactor(delta: number, mode: number, pinch: boolean): number {
  const pixels = mode === 1 ? delta * 16 : mode === 2 ? delta * 400 : delta
  return Math.exp(-Math.min(240, Math.max(-240, pixels)) * (pinch ? 0.01 : 0.0016))
}
