// @vitest-environment node
import { describe, expect, it } from "vitest"
import { clampCamera, fit, pan, reveal, toContent, toScreen, wheelFactor, zoomAt } from "./camera"
import { layoutNetwork } from "./columns"
import { thinLayers } from "./fold"
import type { LayoutLayer } from "./model"
import { type Pen, tracePath } from "./routes"

const layer = (name: string, rank: number, units: number, unitNames: string[] | null = null): LayoutLayer => ({
  name,
  rank,
  units,
  unitNames,
})

const titanic = [
  layer("input", 0, 6, ["class", "sex", "age", "siblings", "parents", "fare"]),
  layer("0", 1, 32),
  layer("3", 2, 16),
  layer("6", 3, 8),
  layer("8", 4, 1, ["survived"]),
]
const chain = (layers: readonly LayoutLayer[]) =>
  layers.slice(1).map((target, place) => ({ source: layers[place]!.name, target: target.name }))
const WIDTH = 1188
const HEIGHT = 784

describe("columns", () => {
  const layout = layoutNetwork(titanic, chain(titanic), WIDTH, HEIGHT)

  it("fills the canvas it is given", () => {
    expect([layout.width, layout.height]).toEqual([WIDTH, HEIGHT])
  })

  it("keeps every unit inside, columns in the order of rank at equal distances", () => {
    const gaps = layout.columns.slice(1).map((column, place) => column.x - layout.columns[place]!.x)
    for (const gap of gaps) expect(gap).toBeGreaterThan(200)
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThan(30)
    for (const box of layout.layers) {
      expect(box.top).toBeGreaterThanOrEqual(60)
      expect(box.bottom).toBeLessThanOrEqual(HEIGHT - 108)
    }
  })

  it("draws fewer units larger, one unit largest", () => {
    const radii = ["0", "3", "6", "8"].map((name) => layout.layers[layout.indexOf(name)]!.radius)
    expect([...radii].sort((a, b) => a - b)).toEqual(radii)
    expect(radii[3]).toBeGreaterThan(15)
  })

  it("draws input features small, however few they are", () => {
    const inputs = layoutNetwork([{ ...layer("in", 0, 3), kind: "input" }, layer("a", 1, 3)], [], WIDTH, HEIGHT).layers
    expect(inputs[0]!.radius).toBeLessThan(inputs[1]!.radius)
  })

  it("never lets circles of a layer touch", () => {
    for (const box of layout.layers) if (box.units > 1) expect(2 * box.radius).toBeLessThan(box.pitch)
  })

  it("writes names left of the first column and right of the last, if they have any", () => {
    expect(layout.layers.map((box) => box.labels)).toEqual(["left", null, null, null, "right"])
  })

  it("centres all columns on one line", () => {
    for (const box of layout.layers) expect(box.y).toBeCloseTo(layout.layers[0]!.y, 6)
  })
})

describe("hit testing", () => {
  const wide = [layer("in", 0, 1), layer("wide", 1, 512), layer("many", 1, 30), layer("out", 2, 3)]
  const layout = layoutNetwork(wide, chain(wide), WIDTH, HEIGHT)

  it("finds every unit at its own centre", () => {
    for (const box of layout.layers)
      for (let unit = 0; unit < box.units; unit++) {
        const { x, y } = layout.position(box.index, unit)
        expect(layout.hit(x, y)).toEqual({ layer: box.index, unit })
      }
  })

  it("finds nothing between columns, beside headers and in the empty end of a block", () => {
    expect(layout.hit(layout.columns[0]!.right + 40, layout.layers[0]!.y)).toBeNull()
    expect(layout.hit(-100, -100)).toBeNull()
    const block = layoutNetwork([layer("wide", 0, 70)], [], WIDTH, HEIGHT)
    const box = block.layers[0]!
    expect(box.across).toBe(6)
    expect(block.hit(box.right - 2, box.bottom - 2)).toBeNull()
  })

  it("takes a name for its unit", () => {
    const named = [{ ...layer("in", 0, 3), unitNames: ["x", "y", "z"] }, layer("hidden", 1, 5), { ...layer("out", 2, 2), unitNames: ["no", "yes"] }]
    const drawn = layoutNetwork(named, chain(named), WIDTH, HEIGHT)
    const [first, , last] = drawn.layers
    for (const unit of [0, 1, 2]) expect(drawn.hit(first!.left - 40, drawn.position(0, unit).y + 6)).toEqual({ layer: 0, unit })
    for (const unit of [0, 1]) expect(drawn.hit(last!.right + 60, drawn.position(2, unit).y - 6)).toEqual({ layer: 2, unit })
    expect(drawn.hit(last!.right + 60, (drawn.position(2, 0).y + drawn.position(2, 1).y) / 2)).toBeNull()
    expect(drawn.hit(last!.right + 400, drawn.position(2, 0).y)).toBeNull()
    expect(drawn.hit(first!.right + 40, drawn.position(0, 1).y)).toBeNull()
  })

  it("stacks layers of one rank without overlap, each with room for its header", () => {
    const [upper, lower] = [layout.layers[1]!, layout.layers[2]!]
    expect(lower.top - upper.bottom).toBeGreaterThan(40)
    expect(lower.headerY).toBeGreaterThan(upper.bottom)
    expect(upper.x).toBe(lower.x)
  })
})

describe("cells", () => {
  it.each([65, 512, 1280, 10_000])("%i units become a block twice as high as wide", (units) => {
    const box = layoutNetwork([layer("a", 0, units)], [], WIDTH, HEIGHT).layers[0]!
    expect(box.mode).toBe("cells")
    expect(box.across).toBe(Math.ceil(Math.sqrt(units / 2)))
    expect(box.bottom - box.top).toBeLessThanOrEqual(HEIGHT)
  })

  it("tiles of channels leave no row short where a whole one is near", () => {
    const across = (units: number) => layoutNetwork([{ ...layer("a", 0, units), position: [8, 8] }], [], WIDTH, HEIGHT).layers[0]!.across
    expect([10, 11, 12, 14, 16, 20, 32, 48, 64, 96, 128, 256, 512, 1024].map(across)).toEqual([1, 3, 3, 2, 4, 4, 4, 6, 8, 8, 8, 16, 16, 32])
    expect(across(67)).toBe(6)
  })

  it("64 units are still circles, in as many files as leave them large enough to point at", () => {
    const boxes = [HEIGHT, 572, 340].map((height) => layoutNetwork([layer("a", 0, 64)], [], WIDTH, height).layers[0]!)
    expect(boxes.map(({ mode }) => mode)).toEqual(["circles", "circles", "circles"])
    expect(boxes.map(({ across }) => across)).toEqual([1, 2, 4])
    for (const { radius } of boxes) expect(2 * radius).toBeGreaterThan(6.8)
  })
})

describe("hostile networks", () => {
  it.each([
    ["no layers", []],
    ["one unit", [layer("a", 0, 1)]],
    ["a layer without units", [layer("a", 0, 0), layer("b", 1, 2)]],
    ["200 ranks", Array.from({ length: 200 }, (_, rank) => layer(`l${rank}`, rank, 8))],
    ["200 layers of one rank", Array.from({ length: 200 }, (_, place) => layer(`l${place}`, 3, 8))],
    ["ranks with holes and below zero", [layer("a", -4, 3), layer("b", 90, 3), layer("c", Number.NaN, 3)]],
    ["a canvas without size", titanic],
  ])("%s: every place is finite, boxes do not overlap", (name, layers) => {
    const size = name === "a canvas without size" ? 0 : 900
    const layout = layoutNetwork(layers, chain(layers), size, size)
    for (const box of layout.layers) {
      const numbers = [box.x0, box.y0, box.pitch, box.radius, box.left, box.right, box.top, box.bottom, box.headerY]
      for (const value of numbers) expect(Number.isFinite(value)).toBe(true)
      expect(box.right).toBeLessThanOrEqual(layout.width)
      expect(box.bottom).toBeLessThanOrEqual(layout.height)
    }
    for (const one of layout.layers)
      for (const other of layout.layers) {
        if (one.index >= other.index) continue
        const apart = one.right < other.left || other.right < one.left || one.bottom < other.top || other.bottom < one.top
        expect(apart).toBe(true)
      }
    expect(layout.hit(5, 5)).toBeNull()
  })

  it("ignores edges whose ends are not drawn", () => {
    expect(layoutNetwork(titanic, [{ source: "0", target: "gone" }], WIDTH, HEIGHT).routes).toEqual([])
  })
})

describe("routes", () => {
  const layers = [layer("a", 0, 4), layer("b", 1, 20), layer("c", 2, 10), layer("d", 3, 4)]
  const edges = [...chain(layers), { source: "a", target: "d" }, { source: "a", target: "c" }]
  const layout = layoutNetwork(layers, edges, WIDTH, HEIGHT)

  it("runs straight to the next column and along a lane past others", () => {
    expect(layout.routes.map((route) => route.lane !== null)).toEqual([false, false, false, true, true])
  })

  it("keeps lanes clear of every box between, and of each other", () => {
    const [long, short] = [layout.routes[3]!.lane!, layout.routes[4]!.lane!]
    expect(long.y).not.toBe(short.y)
    for (const { lane } of [layout.routes[3]!, layout.routes[4]!])
      for (const box of layout.layers)
        if (box.right > lane!.from && box.left < lane!.to) expect(lane!.y).toBeGreaterThan(box.bottom)
    expect(layout.height).toBeGreaterThan(Math.max(long.y, short.y))
  })

  it("draws from the source to the target", () => {
    const points: number[][] = []
    const pen: Pen = {
      moveTo: (...at) => points.push(at),
      lineTo: (...at) => points.push(at),
      bezierCurveTo: (...at) => points.push(at.slice(4)),
    }
    for (const route of layout.routes) {
      points.length = 0
      tracePath(pen, route, { x: 10, y: 20 }, { x: 900, y: 30 })
      expect([points[0], points.at(-1)]).toEqual([[10, 20], [900, 30]])
    }
  })
})

describe("camera", () => {
  const canvas = { width: 800, height: 600 }

  it("fits content that is larger, and does not blow up content that is smaller", () => {
    expect(fit({ width: 1600, height: 600 }, canvas).z).toBe(0.5)
    expect(fit({ width: 100, height: 100 }, canvas)).toEqual({ x: 50, y: 50, z: 1 })
  })

  it("screen and content are inverse", () => {
    const camera = { x: 123, y: -45, z: 1.7 }
    const there = toScreen(camera, canvas, { x: 7, y: 9 })
    expect(toContent(camera, canvas, there).x).toBeCloseTo(7, 9)
    expect(toContent(camera, canvas, there).y).toBeCloseTo(9, 9)
  })

  it("zooming keeps the place under the pointer", () => {
    const camera = { x: 400, y: 300, z: 1 }
    const anchor = { x: 100, y: 550 }
    const before = toContent(camera, canvas, anchor)
    const after = toContent(zoomAt(camera, canvas, anchor, 3), canvas, anchor)
    expect(after.x).toBeCloseTo(before.x, 9)
    expect(after.y).toBeCloseTo(before.y, 9)
  })

  it("panning moves the content with the pointer", () => {
    expect(pan({ x: 100, y: 100, z: 2 }, 20, -10)).toEqual({ x: 90, y: 105, z: 2 })
  })

  it("never loses the content, whatever a link says", () => {
    expect(clampCamera({ x: 1e9, y: Number.NaN, z: 1e9 }, canvas)).toEqual({ x: 800, y: 300, z: 24 })
  })

  it("reveals a place that is outside and stays where it is inside", () => {
    const camera = { x: 400, y: 300, z: 1 }
    expect(reveal(camera, canvas, { x: 400, y: 300 })).toEqual(camera)
    const moved = reveal(camera, canvas, { x: 1000, y: 300 })
    expect(toScreen(moved, canvas, { x: 1000, y: 300 }).x).toBe(752)
  })

  it("a wheel turned back and forth comes back", () => {
    expect(wheelFactor(120, 0, false) * wheelFactor(-120, 0, false)).toBeCloseTo(1, 12)
    expect(wheelFactor(3, 1, false)).toBe(wheelFactor(48, 0, false))
  })
})

describe("deep networks", () => {
  /** A stem, 7 stages of 2 to 4 blocks of 3 convolutions each, a head and a classifier: 66 ranks. */
  const names = [
    "conv_stem",
    ...[2, 3, 3, 3, 3, 4, 2].flatMap((blocks, stage) =>
      Array.from({ length: blocks }, (_, block) => ["conv_pw", "conv_dw", "conv_pwl"].map((conv) => `blocks.${stage}.${block}.${conv}`)).flat(),
    ),
    "conv_head",
    "classifier",
  ]
  const deep = names.map((name, rank) => layer(name, rank, 40 + 19 * rank))

  it("shows the last layer of each stage in full and the rest as strips", () => {
    const full = deep.filter((_, index) => !thinLayers(deep).has(index)).map(({ name }) => name)
    expect(full).toEqual(["conv_stem", ...[1, 2, 2, 2, 2, 3, 1].map((block, stage) => `blocks.${stage}.${block}.conv_pwl`), "conv_head", "classifier"])
  })

  it("draws strips narrow and close, without headers, and still finds each of their units", () => {
    const layout = layoutNetwork(deep, chain(deep), WIDTH, 592)
    const thin = layout.layers.filter((box) => box.headerWidth === 0)
    expect(thin).toHaveLength(deep.length - 10)
    for (const box of thin) {
      expect(box.right - box.left).toBeLessThanOrEqual(24)
      for (const unit of [0, 7, box.units - 1]) {
        const { x, y } = layout.position(box.index, unit)
        for (const slack of [0, 30]) expect(layout.hit(x, y, slack)).toEqual({ layer: box.index, unit })
      }
    }
    expect(layout.width).toBeLessThan(4 * WIDTH)
  })

  it("a network of up to 16 ranks has no strips, however its layers are called", () => {
    expect(thinLayers(deep.slice(0, 16)).size).toBe(0)
  })

  it("layers without blocks in their names all stay in full", () => {
    expect(thinLayers(Array.from({ length: 60 }, (_, rank) => layer(`${rank}`, rank, 8))).size).toBe(0)
  })
})
