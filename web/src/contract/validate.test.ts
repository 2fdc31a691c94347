import { expect, test } from "vitest"
import { tinyManifest } from "../source/tiny"
import { readManifest } from "./validate"

const copy = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>

test("a good manifest is read, and unknown keys are dropped", () => {
  const manifest = readManifest({ ...copy(tinyManifest()), later: 1 })
  expect(manifest.title).toBe("tiny")
  expect("later" in manifest).toBe(false)
})

test("another version is refused, and both versions are named", () => {
  expect(() => readManifest({ ...copy(tinyManifest()), version: 2 })).toThrow(/reads version 1 .* are version 2/)
})

test("other JSON is refused", () => {
  for (const value of [null, [], 3, {}, { format: "png" }]) {
    expect(() => readManifest(value)).toThrow("not a neuronaut-view manifest")
  }
})

test("a wrong type is named with its place and what was found", () => {
  const bad = copy(tinyManifest())
  bad["samples"] = { ...(bad["samples"] as object), n: "12" }
  expect(() => readManifest(bad)).toThrow('manifest.samples.n: expected a whole number, found "12"')
})

test("a missing key and a wrong choice are named", () => {
  const { title: _title, ...rest } = copy(tinyManifest())
  expect(() => readManifest(rest)).toThrow("manifest.title: expected a string, found nothing")
  const bad = { ...copy(tinyManifest()), task: { kind: "guess", classes: null, label: null } }
  expect(() => readManifest(bad)).toThrow(/manifest.task.kind: expected one of binary, .*found "guess"/)
})

test("layer names such as __proto__ and constructor are keys like any other", () => {
  const text = JSON.stringify(
    tinyManifest({
      slices: [{ name: "all", expression: "", kind: "all", n: 1, stats: {} }],
      blobs: { b0: { dtype: "u8", shape: [1], layout: "rows", block: "k0", offset: 0 } },
      blocks: { k0: { codec: "none", bytes: 1, raw: 1, sha256: "" } },
    }),
  ).replace('"stats":{}', '"stats":{"__proto__":"b0"}')
  const stats = readManifest(JSON.parse(text)).slices[0]!.stats
  expect(stats["__proto__"]).toBe("b0")
  expect(stats["constructor"]).toBeUndefined()
})

test("an array outside its block is refused", () => {
  const blocks = { k0: { codec: "none" as const, bytes: 8, raw: 8, sha256: "" } }
  const blob = { dtype: "f32" as const, shape: [2], layout: "rows" as const, block: "k0", offset: 4 }
  expect(() => readManifest(copy(tinyManifest({ blobs: { b0: blob }, blocks })))).toThrow("beyond the end of block k0")
  expect(() => readManifest(copy(tinyManifest({ blobs: { b0: blob } })))).toThrow("block k0, which is not here")
})
