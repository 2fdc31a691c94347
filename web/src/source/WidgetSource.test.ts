import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"
import { FakeModel } from "./fakeModel"
import { tinyManifest } from "./tiny"
import { WidgetSource } from "./WidgetSource"

const values = Float32Array.of(1, 2.5, -3, 4)
const packed = gzipSync(new Uint8Array(values.buffer))
const manifest = tinyManifest({
  blobs: { b0: { dtype: "f32", shape: [2], layout: "rows", block: "k0", offset: 8 } },
  blocks: { k0: { codec: "gzip", bytes: packed.length, raw: 16, sha256: "0".repeat(64) } },
})

/** Bytes as a notebook hands them over: somewhere inside a larger buffer. */
function within(bytes: Uint8Array): DataView {
  const larger = new Uint8Array(bytes.length + 24).fill(255)
  larger.set(bytes, 16)
  return new DataView(larger.buffer, 16, bytes.length)
}

const text = (value: unknown): DataView => within(new TextEncoder().encode(JSON.stringify(value)))

/** A source whose kernel answers the manifest, blocks, and nothing else. */
function opened() {
  const model = new FakeModel()
  const source = new WidgetSource(model)
  const answer = (): void => {
    const { id, ask, block } = model.sent.at(-1)!
    if (ask === "manifest") model.hear({ id }, [text(manifest)])
    else if (block === "k0") model.hear({ id }, [within(packed)])
    else model.hear({ id, error: { kind: "UnknownName", message: `no block '${String(block)}'` } })
  }
  return { model, source, answer }
}

const turn = () => new Promise((done) => setTimeout(done))

test("the manifest and a blob come as buffers, each asked for once", async () => {
  const { model, source, answer } = opened()
  const read = source.manifest()
  answer()
  expect((await read).id).toBe("tiny")
  const both = Promise.all([source.blob("b0"), source.blob("b0")])
  await turn()
  answer()
  for (const buffer of await both) expect([...new Float32Array(buffer)]).toEqual([-3, 4])
  expect(model.sent.map((one) => one["ask"])).toEqual(["manifest", "block"])
})

test("answers to other views of the widget, and to nobody, are not heard", async () => {
  const { model, source, answer } = opened()
  const other = new WidgetSource(model)
  const read = source.manifest()
  model.hear({ id: "someone-0" }, [text({})])
  model.hear(null)
  answer()
  expect((await read).id).toBe("tiny")
  other.close()
})

test("a refusal of the kernel is the error, in its words; a question that is given up is taken back", async () => {
  const { model, source } = opened()
  const asked = source.answer("activity", { layers: "nope" })
  model.hear({ id: model.sent[0]!["id"], error: { kind: "UnknownName", message: "no layer 'nope'" } })
  await expect(asked).rejects.toThrow("no layer 'nope'")
  const stop = new AbortController()
  const given = source.answer("activity", {}, stop.signal)
  stop.abort()
  await expect(given).rejects.toThrow()
  expect(model.sent.at(-1)).toEqual({ id: model.sent[1]!["id"], ask: "cancel" })
})

test("of several recordings the one it is of is named with every question", () => {
  const model = new FakeModel()
  const source = new WidgetSource(model, "abc")
  const asked = [source.manifest(), source.answer("activity", {}), source.about()]
  expect(model.sent.map((one) => one["recording"])).toEqual(["abc", "abc", "abc"])
  void new WidgetSource(model).manifest()
  expect(model.sent.at(-1)).not.toHaveProperty("recording")
  asked.forEach((one) => void (one as Promise<unknown>).catch(() => undefined))
  source.close()
})

test("another recording is asked for over the same line, and has nothing to close", async () => {
  const { model, source } = opened()
  const read = source.another("other").manifest()
  expect(model.sent[0]).toMatchObject({ ask: "manifest", recording: "other" })
  model.hear({ id: model.sent[0]!["id"] }, [text(manifest)])
  expect((await read).id).toBe("tiny")
  source.close()
  const sent = model.sent.length
  model.hear({ call: true })
  expect(model.sent).toHaveLength(sent)
})

test("a page answers a call, and says when it leaves: with its window, or out of its cell", () => {
  const { model, source } = opened()
  const said = () => model.sent.map((one) => one["ask"])
  model.hear({ call: true })
  expect(said()).toEqual(["here"])
  dispatchEvent(new Event("pagehide"))
  expect(said()).toEqual(["here", "leave"])
  source.close()
  dispatchEvent(new Event("pagehide"))
  expect(said()).toEqual(["here", "leave", "leave"])
  expect(new Set(model.sent.map(({ id }) => String(id).split("-").slice(0, 2).join())).size).toBe(1)
})

test("once it is shown a recording is asked about by its id, whatever is recorded in its place", async () => {
  const { model, source, answer } = opened()
  const read = source.manifest()
  answer()
  await read
  source.answer("activity", {}).catch(() => undefined)
  expect(model.sent.at(-1)).toMatchObject({ ask: "query", recording: "tiny" })
  source.close()
})

test("closing ends what still waits", async () => {
  const { source } = opened()
  const asked = source.answer("activity", {})
  source.close()
  await expect(asked).rejects.toThrow("closed")
})

test("what is new in a recording is told until the page has heard enough", () => {
  const { model, source } = opened()
  const heard: unknown[] = []
  const leave = source.subscribe((event) => heard.push(event))
  const event = { kind: "commit", recording: "r", sequence: 4 }
  model.hear({ event })
  leave()
  model.hear({ event })
  expect(heard).toEqual([event])
})
