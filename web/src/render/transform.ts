/** Transform: where content pixels land on the screen. */

import type { Camera, Extent } from "../layout/camera"

/** screen = content * k + (tx, ty). */
export interface Transform {
  readonly k: number
  readonly tx: number
  readonly ty: number
}

export const STILL: Transform = { k: 1, tx: 0, ty: 0 }

export function transformOf(camera: Camera, canvas: Extent): Transform {
  return { k: camera.z, tx: canvas.width / 2 - camera.x * camera.z, ty: canvas.height / 2 - camera.y * camera.z }
}

/** Moves a bitmap drawn under `from` to where `to` would draw it. */
export function between(from: Transform, to: Transform): Transform {
  const k = to.k / from.k
  return { k, tx: to.tx - from.tx * k, ty: to.ty - from.ty * k }
}
