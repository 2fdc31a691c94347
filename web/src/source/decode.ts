import type { BlobCard } from "../contract/manifest"
import { BlobError } from "./DataSource"

/** What each character of the text counts: printable ASCII but space, `<`, `>` and `&`, in order; 255 is none of them. */
const COUNTS = new Uint8Array(256).fill(255)
for (let sign = 0x21, count = 0; sign < 0x7f; sign++) if (!"<>&".includes(String.fromCharCode(sign))) COUNTS[sign] = count++
const BASE = 91

/** Text to `size` bytes: two characters hold 13 bits, the least significant first. */
export function decodeText(text: string, size: number): Uint8Array<ArrayBuffer> {
  const signs = new TextEncoder().encode(text)
  if (signs.length !== Math.ceil(size / 13) * 16) {
    throw new BlobError(`${signs.length} characters where ${Math.ceil(size / 13) * 16} hold ${size} bytes`)
  }
  const bytes = new Uint8Array(size)
  let place = 0
  let held = 0
  let bits = 0
  for (let at = 0; at < signs.length; at += 2) {
    const high = COUNTS[signs[at]!]!
    const low = COUNTS[signs[at + 1]!]!
    if (high === 255 || low === 255) throw new BlobError(`a character that does not belong there, at ${at}`)
    held |= (high * BASE + low) << bits
    for (bits += 13; bits >= 8; bits -= 8) {
      bytes[place++] = held & 255
      held >>>= 8
    }
  }
  return bytes
}

/** Undo gzip into exactly `raw` bytes; stops as soon as there are more, so a small block cannot fill the memory. */
export async function gunzip(bytes: Uint8Array<ArrayBuffer>, raw: number): Promise<ArrayBuffer> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader()
  const whole = new Uint8Array(raw)
  let filled = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (filled + value.length > raw) {
      await reader.cancel()
      throw new BlobError(`more than the ${raw} bytes that were announced`)
    }
    whole.set(value, filled)
    filled += value.length
  }
  if (filled !== raw) throw new BlobError(`${filled} bytes where ${raw} were announced`)
  return whole.buffer
}

/** A fresh copy of a blob's bytes in C order, whatever order they were carried in. */
export function inRows(card: Pick<BlobCard, "dtype" | "layout" | "shape">, carried: Uint8Array): Uint8Array<ArrayBuffer> {
  if (card.layout === "rows" || carried.length === 0) return carried.slice()
  // The other layouts are a turned matrix: columns by rows, or bytes of a number by numbers.
  const count = card.shape.reduce((product, size) => product * size, 1)
  const columns = card.layout === "columns" ? (card.shape[1] ?? 1) : carried.length / count
  const bytes = turned(carried, columns, carried.length / columns)
  if (card.layout === "deltas") {
    const numbers = columns === 4 ? new Uint32Array(bytes.buffer) : new Uint16Array(bytes.buffer)
    for (let at = 1; at < numbers.length; at++) numbers[at]! += numbers[at - 1]!
  }
  return bytes
}

function turned(carried: Uint8Array, columns: number, rows: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(carried.length)
  for (let column = 0; column < columns; column++) {
    const start = column * rows
    for (let row = 0, place = column; row < rows; row++, place += columns) bytes[place] = carried[start + row]!
  }
  return bytes
}
