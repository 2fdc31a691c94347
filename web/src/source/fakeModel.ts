import type { WidgetModel } from "./Kernel"

type Listener = (...values: unknown[]) => void

/** A widget's model without a kernel, for tests: what is sent is kept, and `hear` is Python speaking. */
export class FakeModel implements WidgetModel {
  readonly sent: Record<string, unknown>[] = []
  readonly saved: Record<string, unknown>[] = []
  readonly #values: Record<string, unknown>
  readonly #listeners = new Map<string, Set<Listener>>()
  #changed: Record<string, unknown> = {}

  constructor(values: Record<string, unknown> = {}) {
    this.#values = values
  }

  get(key: string): unknown {
    return this.#values[key]
  }

  set(key: string, value: unknown): void {
    this.#values[key] = value
    this.#changed[key] = value
    this.#tell(`change:${key}`, this, value)
  }

  save_changes(): void {
    this.saved.push(this.#changed)
    this.#changed = {}
  }

  send(content: unknown): void {
    this.sent.push(content as Record<string, unknown>)
  }

  on(event: string, listener: (...values: never[]) => void): void {
    const heard = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, heard.add(listener as Listener))
  }

  off(event: string, listener: (...values: never[]) => void): void {
    this.#listeners.get(event)?.delete(listener as Listener)
  }

  hear(content: unknown, buffers: DataView[] = []): void {
    this.#tell("msg:custom", content, buffers)
  }

  #tell(event: string, ...values: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...values)
  }
}
