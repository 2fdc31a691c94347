/** The most recently used things, up to a number of them. */

export class Recent<T> {
  readonly #limit: number
  readonly #held = new Map<string, T>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): T | undefined {
    const value = this.#held.get(key)
    if (value !== undefined) {
      this.#held.delete(key)
      this.#held.set(key, value)
    }
    return value
  }

  set(key: string, value: T): void {
    this.#held.delete(key)
    this.#held.set(key, value)
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#limit) break
      this.#held.delete(oldest)
    }
  }

  clear(): void {
    this.#held.clear()
  }
}
