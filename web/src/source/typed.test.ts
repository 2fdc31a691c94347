import { expect, test } from "vitest"
import { decodeBase64, inRows } from "./decode"
import { ByteCache } from "./cache"
import { fromHalf, typed } from "./typed"

test("half floats: one, minus two, the largest, the smallest, zero, infinity, not a number", () => {
  // Bit patterns from IEEE 754-2019, binary16.
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0xfc00, 0x7e00)
  expect([...fromHalf(bits)]).toEqual([1, -2, 65504, 2 ** -24, -0, Infinity, -Infinity, NaN])
})

test("bytes are read by their declared type", () => {
  const buffer = Uint8Array.of(255, 1).buffer
  expect([...typed({ dtype: "u8" }, buffer)]).toEqual([255, 1])
  expect([...typed({ dtype: "i8" }, buffer)]).toEqual([-1, 1])
  expect([...typed({ dtype: "u16" }, buffer)]).toEqual([511])
})

test("base64 is decoded with and without the built-in decoder", () => {
  expect([...decodeBase64("AAEC/w==")]).toEqual([0, 1, 2, 255])
})

test("the cache forgets what was used longest ago", () => {
  const cache = new ByteCache(20)
  cache.set("a", new ArrayBuffer(8))
  cache.set("b", new ArrayBuffer(8))
  cache.get("a")
  cache.set("c", new ArrayBuffer(8))
  cache.set("d", new ArrayBuffer(21))
  expect(["a", "b", "c", "d"].map((key) => cache.get(key)?.byteLength)).toEqual([8, undefined, 8, undefined])
})

test("matrices of bytes come back from columns, numbers from byte planes", () => {
  const columns = inRows({ layout: "columns", shape: [2, 3] }, Uint8Array.of(1, 4, 2, 5, 3, 6))
  expect([...columns]).toEqual([1, 2, 3, 4, 5, 6])
  const planes = inRows({ layout: "planes", shape: [2] }, Uint8Array.of(1, 3, 0, 1))
  expect([...typed({ dtype: "u16" }, planes.buffer)]).toEqual([1, 259])
})
