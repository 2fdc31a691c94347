import { expect, test } from "vitest"
import type { LayerCard } from "../contract/manifest"
import { magnitude, signed } from "../colour/scales"
import { colourAt } from "../render/tiles"
import { mapped, mapsBetween, mapsOf } from "./maps"

const card = (name: string, units: number, position: number[]) => ({ name, units, position }) as unknown as LayerCard
const map = (...values: number[]) => mapsOf([1, 2], [1, 2], 1, Float32Array.from(values))

test("maps are asked of layers of images, of at most 4,096 channels, small ones beyond a large one too late", () => {
  expect(mapped([card("input", 3, [8, 8]), card("dense", 9, []), card("sound", 9, [40]), card("conv", 4093, [4, 4]), card("more", 1, [2, 2])])).toEqual(["input", "conv"])
})

test("a change is place by place, on a scale of its own, and of both maps or none", () => {
  const found = mapsBetween(new Map([["a", map(1, 5)], ["b", map(1, 2)]]), new Map([["a", map(4, 4)]]))
  expect([...found.keys()]).toEqual(["a"])
  expect([...found.get("a")!.values]).toEqual([-3, 1])
  expect(found.get("a")!.most).toBe(3)
})

test("a place has the colour of its size, or of its value, as the units have", () => {
  expect(colourAt(-2, 4, false, "dark")).toBe(magnitude(2, 4, "dark"))
  expect(colourAt(-2, 4, true, "dark")).toBe(signed(-2, 4, "dark"))
})
