import { expect, test } from "vitest"
import { readAnswer } from "./answer"

function framed(head: object, ...blocks: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(JSON.stringify(head))
  const size = 4 + text.length + blocks.reduce((sum, one) => sum + one.length, 0)
  // Somewhere inside a larger buffer, as notebooks hand bytes over.
  const bytes = new Uint8Array(new ArrayBuffer(size + 8), 8)
  new DataView(bytes.buffer, 8).setUint32(0, text.length, true)
  bytes.set(text, 4)
  blocks.reduce((start, one) => (bytes.set(one, start), start + one.length), 4 + text.length)
  return bytes
}

const card = (bytes: number) => ({ codec: "none", bytes, raw: bytes, sha256: "0".repeat(64) })

test("an answer's arrays are found in the blocks behind its JSON", async () => {
  const values = new Uint8Array(Float64Array.of(0.1, -2).buffer)
  const head = {
    result: { name: "x" },
    blobs: { b1: { dtype: "f64", shape: [2], layout: "rows", block: "k1", offset: 0 } },
    blocks: { k0: card(3), k1: card(16) },
  }
  const answer = readAnswer(framed(head, Uint8Array.of(7, 7, 7), values))
  expect([...new Float64Array(await answer.blob("b1"))]).toEqual([0.1, -2])
  await expect(answer.blob("b2")).rejects.toThrow("b2")
})

test.each([[new Uint8Array(0)], [Uint8Array.of(255, 0, 0, 0, 1)]])("%j is refused in words", (bytes) => {
  expect(() => readAnswer(bytes)).toThrow("cut short")
})
