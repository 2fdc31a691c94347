/** Host: puts questions to a Calculator, in a Worker where there is one, else on this thread in slices of time. */

import { abortError } from "./abort"
import { type Answer, type Answers, Calculator, type Question } from "./calculator"
import type { LayerPlan } from "./layer"
import type { FromWorker, ToWorker } from "./protocol"

/** The parts of a Worker that are used. */
export interface WorkerLike {
  postMessage(message: ToWorker, transfer?: Transferable[]): void
  addEventListener(type: "message", listener: (event: MessageEvent<FromWorker>) => void): void
  addEventListener(type: "error", listener: (event: Event) => void): void
  terminate(): void
}

export interface Host {
  readonly kind: "worker" | "page"
  /** Hands the buffers over; the caller keeps no copy. */
  add(key: string, plan: LayerPlan, chunks: ArrayBuffer[]): void
  ask<K extends Question["kind"]>(question: Extract<Question, { kind: K }>, signal?: AbortSignal): Promise<Answers[K]>
  close(): void
}

/** How long a Worker may take to start, in milliseconds, before the page does the work itself. */
const START = 4000

/** A host that answers on this thread, 12 ms at a time. */
export function pageHost(): Host {
  const calculator = new Calculator()
  let next = 0
  return {
    kind: "page",
    add: (key, plan, chunks) => calculator.add(key, plan, chunks),
    async ask<K extends Question["kind"]>(question: Extract<Question, { kind: K }>, signal?: AbortSignal) {
      signal?.throwIfAborted()
      const id = next++
      const cancel = (): void => calculator.cancel(id)
      signal?.addEventListener("abort", cancel, { once: true })
      try {
        const answer = await calculator.answer(id, question)
        if (answer === null || signal?.aborted) throw abortError()
        return answer as Answers[K]
      } finally {
        signal?.removeEventListener("abort", cancel)
      }
    },
    close: () => undefined,
  }
}

interface Waiting {
  resolve(answer: Answer): void
  reject(problem: unknown): void
}

function workerHost(worker: WorkerLike): Host {
  const waiting = new Map<number, Waiting>()
  let next = 0
  let broken: string | null = null
  const settle = (id: number, act: (one: Waiting) => void): void => {
    const one = waiting.get(id)
    waiting.delete(id)
    if (one) act(one)
  }
  worker.addEventListener("message", ({ data }) => {
    if (data.type === "answer") {
      const { answer } = data
      settle(data.id, (one) => (answer === null ? one.reject(abortError()) : one.resolve(answer)))
    } else if (data.type === "failed") settle(data.id, (one) => one.reject(new Error(data.message)))
  })
  worker.addEventListener("error", () => {
    broken = "the calculation stopped; reload the page"
    for (const id of [...waiting.keys()]) settle(id, (one) => one.reject(new Error(broken!)))
  })
  return {
    kind: "worker",
    add: (key, plan, chunks) => worker.postMessage({ type: "add", key, plan, chunks }, chunks),
    ask<K extends Question["kind"]>(question: Extract<Question, { kind: K }>, signal?: AbortSignal) {
      return new Promise<Answers[K]>((resolve, reject) => {
        if (signal?.aborted) return reject(abortError())
        if (broken !== null) return reject(new Error(broken))
        const id = next++
        const abort = (): void => {
          worker.postMessage({ type: "cancel", id })
          settle(id, (one) => one.reject(abortError()))
        }
        const done = (): void => signal?.removeEventListener("abort", abort)
        waiting.set(id, {
          resolve: (answer) => (done(), resolve(answer as Answers[K])),
          reject: (problem) => (done(), reject(problem as Error)),
        })
        signal?.addEventListener("abort", abort, { once: true })
        worker.postMessage({ type: "ask", id, question })
      })
    },
    close: () => worker.terminate(),
  }
}

/** A Worker's host once it says that it runs; the page's own where Workers are missing, forbidden or silent. */
export function startHost(spawn: (() => WorkerLike) | null): Promise<Host> {
  return new Promise((resolve) => {
    let worker: WorkerLike
    try {
      if (!spawn) throw new Error("no Worker here")
      worker = spawn()
    } catch {
      resolve(pageHost())
      return
    }
    const giveUp = (): void => {
      worker.terminate()
      resolve(pageHost())
    }
    const timer = setTimeout(giveUp, START)
    worker.addEventListener("error", () => (clearTimeout(timer), giveUp()))
    worker.addEventListener("message", ({ data }) => {
      if (data.type !== "ready") return
      clearTimeout(timer)
      resolve(workerHost(worker))
    })
  })
}
