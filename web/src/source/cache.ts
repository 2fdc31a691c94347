/** The most recently used buffers, up to a number of bytes. */
export class ByteCache {
  readonly #limit: number
  readonly #held = new Map<string, ArrayBuffer>()
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): ArrayBuffer | undefined {
    const buffer = this.#held.get(key)
    if (buffer) {
      this.#held.delete(key)
      this.#held.set(key, buffer)
    }
    return buffer
  }

  set(key: string, buffer: ArrayBuffer): void {
    if (buffer.byteLength > this.#limit || this.#held.has(key)) return
    this.#held.set(key, buffer)
    this.#bytes += buffer.byteLength
    for (const [oldest, held] of this.#held) {
      if (this.#bytes <= this.#limit) break
      this.#held.delete(oldest)
      this.#bytes -= held.byteLength
    }
  }
}
