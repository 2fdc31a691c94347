/** Shared tasks: one piece of work for everyone who asks the same; it stops when the last of them has gone. */

import { abortError } from "./abort"
import { Recent } from "./recent"

interface Running<T> {
  readonly promise: Promise<T>
  readonly controller: AbortController
  waiting: number
}

export class SharedTasks<T> {
  readonly #done: Recent<T>
  readonly #settled: (value: T) => boolean
  readonly #running = new Map<string, Running<T>>()

  /** What is not `settled` is known, but made anew for whoever asks again. */
  constructor(kept: number, settled: (value: T) => boolean = () => true) {
    this.#done = new Recent(kept)
    this.#settled = settled
  }

  known(key: string): T | undefined {
    return this.#done.get(key)
  }

  keep(key: string, value: T): void {
    this.#done.set(key, value)
  }

  /** The answer for `key`: kept, in the making, or made by `work`. Rejects with AbortError when `signal` fires. */
  run(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) return Promise.reject(abortError())
    const known = this.#done.get(key)
    if (known !== undefined && this.#settled(known)) return Promise.resolve(known)
    const task = this.#running.get(key) ?? this.#start(key, work)
    task.waiting++
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (--task.waiting === 0) this.#stop(key, task)
        reject(abortError())
      }
      signal?.addEventListener("abort", leave, { once: true })
      task.promise.then(resolve, reject).finally(() => signal?.removeEventListener("abort", leave))
    })
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController()
    const promise = work(controller.signal).then((value) => {
      this.#done.set(key, value)
      return value
    })
    const task: Running<T> = { promise, controller, waiting: 0 }
    this.#running.set(key, task)
    const forget = (): void => {
      if (this.#running.get(key) === task) this.#running.delete(key)
    }
    promise.then(forget, forget)
    return task
  }

  #stop(key: string, task: Running<T>): void {
    if (this.#running.get(key) === task) this.#running.delete(key)
    task.controller.abort()
  }
}
