import type { BlobCard } from "../contract/manifest"
import { BlobError } from "./DataSource"

interface FromBase64 {
  fromBase64?: (text: string) => Uint8Array<ArrayBuffer>
}

/** Base64 to bytes; the built-in decoder where there is one (2 to 4 times faster). */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const builtIn = (Uint8Array as FromBase64).fromBase64
  if (builtIn) return builtIn.call(Uint8Array, text)
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
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
export function inRows(card: Pick<BlobCard, "layout" | "shape">, carried: Uint8Array): Uint8Array<ArrayBuffer> {
  if (card.layout === "rows" || carried.length === 0) return carried.slice()
  // Both other layouts are a turned matrix: columns by rows, or bytes of a number by numbers.
  const count = card.shape.reduce((product, size) => product * size, 1)
  const columns = card.layout === "columns" ? (card.shape[1] ?? 1) : carried.length / count
  return turned(carried, columns, carried.length / columns)
}

function turned(carried: Uint8Array, columns: number, rows: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(carried.length)
  for (let column = 0; column < columns; column++) {
    const start = column * rows
    for (let row = 0, place = column; row < rows; row++, place += columns) bytes[place] = carried[start + row]!
  }
  return bytes
}
