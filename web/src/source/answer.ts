/** Answers: a Result with its arrays, out of the bytes that a server or a kernel sends. */

import type { BlobCard, BlockCard, ColumnCard, ResultCard } from "../contract/manifest"
import { Blocks } from "./Blocks"
import { type Answer, Refused } from "./DataSource"

interface Head {
  readonly result: ResultCard
  readonly columns?: readonly ColumnCard[]
  readonly blobs: Readonly<Record<string, BlobCard>>
  readonly blocks: Readonly<Record<string, BlockCard>>
}

/** u32 length of the JSON, the JSON, then its blocks one after the other. Throws Refused for other bytes. */
export function readAnswer(bytes: Uint8Array<ArrayBuffer>): Answer {
  const long = bytes.length >= 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) : Infinity
  if (bytes.length < 4 + long) throw new Refused("answer", `the answer of ${bytes.length} bytes is cut short`)
  const { result, columns = [], blobs, blocks } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + long))) as Head
  const places = new Map<string, number>()
  let start = 4 + long
  for (const [id, card] of Object.entries(blocks)) {
    places.set(id, start)
    start += card.bytes
  }
  const carried = new Blocks({ blobs, blocks }, (id, card) => bytes.subarray(places.get(id), places.get(id)! + card.bytes))
  return { result, columns, blobs, blob: (id) => carried.blob(id) }
}
