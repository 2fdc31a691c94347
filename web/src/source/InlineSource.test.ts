import { gzipSync } from "node:zlib"
import { beforeEach, describe, expect, test } from "vitest"
import type { Manifest } from "../contract/manifest"
import { InlineSource } from "./InlineSource"
import { encodeText, tinyManifest } from "./tiny"

const values = Float32Array.of(1, 2.5, -3, 4)
const bytes = new Uint8Array(values.buffer)
const packed = gzipSync(bytes)

function page(block: Uint8Array, samples?: Manifest["samples"]) {
  document.body.textContent = ""
  const manifest = tinyManifest({
    ...(samples ? { samples } : {}),
    blobs: {
      b0: { dtype: "f32", shape: [4], layout: "rows", block: "k0", offset: 0 },
      b1: { dtype: "f32", shape: [2], layout: "rows", block: "k0", offset: 8 },
      b3: { dtype: "u8", shape: [16], layout: "rows", block: "k0", offset: 0 },
      b2: { dtype: "f32", shape: [2], layout: "rows", block: "k1", offset: 0 },
    },
    blocks: {
      k0: { codec: "gzip", bytes: block.length, raw: 16, sha256: "0".repeat(64) },
      k1: { codec: "none", bytes: 8, raw: 8, sha256: "0".repeat(64) },
    },
  })
  add("nn-manifest", null, JSON.stringify(manifest))
  add(null, "k0", encodeText(block))
  add(null, "k1", encodeText(bytes.slice(0, 8)))
  return new InlineSource(document)
}

function add(id: string | null, block: string | null, text: string) {
  const node = document.createElement("script")
  node.type = "application/octet-stream"
  if (id) node.id = id
  if (block) node.setAttribute("data-block", block)
  node.textContent = text
  document.body.append(node)
}

describe("InlineSource", () => {
  beforeEach(() => {
    document.body.textContent = ""
  })

  test("gives the numbers of a blob from inside its block", async () => {
    const source = page(packed)
    expect([...new Float32Array(await source.blob("b1"))]).toEqual([-3, 4])
    expect([...new Float32Array(await source.blob("b0"))]).toEqual([1, 2.5, -3, 4])
    expect([...new Float32Array(await source.blob("b2"))]).toEqual([1, 2.5])
  })

  test("gives a fresh buffer each time, so that one may be handed away", async () => {
    const source = page(packed)
    const first = await source.blob("b0")
    new Float32Array(first).fill(0)
    expect(new Float32Array(await source.blob("b0"))[1]).toBe(2.5)
  })

  test("decodes a block once when two of its blobs are asked for together, and drops its text", async () => {
    const source = page(packed)
    await Promise.all([source.blob("b0"), source.blob("b1")])
    expect(document.querySelector("[data-block=k0]")).toBeNull()
    expect(document.querySelector("[data-block=k1]")).not.toBeNull()
  })

  test("refuses a block that unpacks to more than was announced", async () => {
    const source = page(gzipSync(new Uint8Array(100_000)))
    await expect(source.blob("b0")).rejects.toThrow("block k0 is damaged: more than the 16 bytes")
  })

  test("refuses a block that unpacks to less, is cut, or is no gzip, and the other block still opens", async () => {
    await expect(page(gzipSync(bytes.slice(4))).blob("b0")).rejects.toThrow("12 bytes where 16 were announced")
    await expect(page(packed.slice(0, 20)).blob("b0")).rejects.toThrow("block k0 is damaged")
    const source = page(bytes)
    await expect(source.blob("b0")).rejects.toThrow("block k0 is damaged")
    expect((await source.blob("b2")).byteLength).toBe(8)
  })

  test("names an array that is not on the page", async () => {
    await expect(page(packed).blob("b9")).rejects.toThrow("no array b9")
    await expect(page(packed).blob("constructor")).rejects.toThrow("no array constructor")
  })

  test("puts texts that travel in a block into their column, and leaves out a column whose texts are damaged", async () => {
    const column = { name: "who", type: "text" as const, source: "metadata" as const, data: "b0", nulls: null }
    const samples = { ...tinyManifest().samples, columns: [{ ...column, values: null, texts: "b3" }] }
    const read = (text: string) => {
      const raw = Buffer.alloc(16, " ")
      raw.write(text)
      return page(gzipSync(raw), samples).manifest()
    }
    expect((await read('["a","ö"]')).samples.columns[0]?.values).toEqual(["a", "ö"])
    const damaged = await read('["a","ö"')
    expect(damaged.samples.columns).toEqual([])
    expect(damaged.notes[0]).toContain("The column who cannot be read")
  })

  test("says so when the page holds no data", () => {
    expect(() => new InlineSource(document)).toThrow("holds no data")
  })
})
