import { describe, expect, it } from "vitest"
import { toScreen } from "../layout/camera"
import { between, transformOf } from "./transform"

describe("transform", () => {
  it("lands where the camera says", () => {
    const camera = { x: 120, y: 40, z: 2.5 }
    const canvas = { width: 800, height: 400 }
    const { k, tx, ty } = transformOf(camera, canvas)
    const at = toScreen(camera, canvas, { x: 33, y: 77 })
    expect(33 * k + tx).toBeCloseTo(at.x)
    expect(77 * k + ty).toBeCloseTo(at.y)
  })

  it("moves an old bitmap onto a new camera", () => {
    const from = { k: 2, tx: -10, ty: 5 }
    const to = { k: 3, tx: 7, ty: -4 }
    const step = between(from, to)
    expect((50 * from.k + from.tx) * step.k + step.tx).toBeCloseTo(50 * to.k + to.tx)
    expect((50 * from.k + from.ty) * step.k + step.ty).toBeCloseTo(50 * to.k + to.ty)
  })
})
