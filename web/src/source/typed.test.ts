import { expect, test } from "vitest"
import { decodeText, inRows } from "./decode"
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

test("text becomes bytes: 13 bits in two characters", () => {
  // 'a' = 0x61, 'b' = 0x62: low 13 bits of 0x6261 are 0x0261 = 6 * 91 + 63, and then 3.
  expect([...decodeText("(c!$!!!!!!!!!!!!", 2)]).toEqual([0x61, 0x62])
  expect(decodeText("", 0)).toHaveLength(0)
})

test("text of the wrong length or with a foreign character is refused", () => {
  expect(() => decodeText("!!!!", 2)).toThrow("4 characters where 16 hold 2 bytes")
  expect(() => decodeText("<!!!!!!!!!!!!!!!", 2)).toThrow("does not belong there, at 0")
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

test("matrices of bytes come back from columns, numbers from byte planes and from differences", () => {
  const columns = inRows({ dtype: "u8", layout: "columns", shape: [2, 3] }, Uint8Array.of(1, 4, 2, 5, 3, 6))
  expect([...columns]).toEqual([1, 2, 3, 4, 5, 6])
  const planes = inRows({ dtype: "u16", layout: "planes", shape: [2] }, Uint8Array.of(1, 3, 0, 1))
  expect([...typed({ dtype: "u16" }, planes.buffer)]).toEqual([1, 259])
  // 5, then 2 less, then 300 more.
  const differences = Uint8Array.of(5, 254, 44, 0, 255, 1, 0, 255, 0, 0, 255, 0)
  const deltas = inRows({ dtype: "i32", layout: "deltas", shape: [3] }, differences)
  expect([...typed({ dtype: "i32" }, deltas.buffer)]).toEqual([5, 3, 303])
})
