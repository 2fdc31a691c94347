// @vitest-environment node
import { describe, expect, it } from "vitest"
import { Calculator } from "./calculator"
import { pageHost, startHost, type WorkerLike } from "./host"
import type { FromWorker, ToWorker } from "./protocol"
import { layerOf } from "./testing"

const layer = layerOf([[1, 2, 3], [4, 5, 6]], "u8", 1, 2)
const buffers = (): ArrayBuffer[] => layer.chunks.map((chunk) => chunk.slice().buffer as ArrayBuffer)
const question = { kind: "group", keys: ["k"], rows: Uint32Array.of(0, 2) } as const

/** A Worker without a thread: the same messages, copied, in the same order. */
class FakeWorker implements WorkerLike {
  readonly sent: ToWorker[] = []
  terminated = false
  readonly #calculator = new Calculator()
  #message: (event: MessageEvent<FromWorker>) => void = () => undefined
  #error: (event: Event) => void = () => undefined

  constructor(alive = true) {
    if (alive) queueMicrotask(() => this.#tell({ type: "ready" }))
  }

  addEventListener(type: "message" | "error", listener: (event: never) => void): void {
    if (type === "message") {
      const before = this.#message
      this.#message = (event) => (before(event), (listener as (event: MessageEvent<FromWorker>) => void)(event))
    } else this.#error = listener as (event: Event) => void
  }

  postMessage(message: ToWorker, transfer: Transferable[] = []): void {
    this.sent.push(message)
    const copy = structuredClone(message, { transfer: transfer as ArrayBuffer[] })
    if (copy.type === "add") this.#calculator.add(copy.key, copy.plan, copy.chunks)
    else if (copy.type === "cancel") this.#calculator.cancel(copy.id)
    else {
      this.#calculator.answer(copy.id, copy.question).then(
        (answer) => this.#tell({ type: "answer", id: copy.id, answer }),
        (problem: unknown) => this.#tell({ type: "failed", id: copy.id, message: String(problem) }),
      )
    }
  }

  fail(): void {
    this.#error(new Event("error"))
  }

  terminate(): void {
    this.terminated = true
  }

  #tell(message: FromWorker): void {
    this.#message({ data: structuredClone(message) } as MessageEvent<FromWorker>)
  }
}

describe("host", () => {
  it("gives the same answer in a Worker and on the page", async () => {
    const inWorker = await startHost(() => new FakeWorker())
    const onPage = pageHost()
    expect([inWorker.kind, onPage.kind]).toEqual(["worker", "page"])
    for (const host of [inWorker, onPage]) host.add("k", layer.plan, buffers())
    const [one, other] = await Promise.all([inWorker.ask(question), onPage.ask(question)])
    expect(one).toEqual(other)
    expect([...one.layers.get("x")!.mean]).toEqual([2, 5])
  })

  it("hands the values over without a copy", async () => {
    const host = await startHost(() => new FakeWorker())
    const mine = buffers()
    host.add("k", layer.plan, mine)
    expect(mine.map((buffer) => buffer.byteLength)).toEqual([0, 0])
  })

  it("calculates on the page where a Worker cannot be made", async () => {
    const host = await startHost(() => {
      throw new Error("blocked by the page's policy")
    })
    expect(host.kind).toBe("page")
  })

  it("calculates on the page where a Worker fails at its start", async () => {
    const worker = new FakeWorker(false)
    const starting = startHost(() => worker)
    worker.fail()
    expect((await starting).kind).toBe("page")
    expect(worker.terminated).toBe(true)
  })

  it("tells the Worker to stop when nobody waits any more", async () => {
    const worker = new FakeWorker()
    const host = await startHost(() => worker)
    host.add("k", layer.plan, buffers())
    const controller = new AbortController()
    const asking = host.ask(question, controller.signal)
    controller.abort()
    await expect(asking).rejects.toMatchObject({ name: "AbortError" })
    expect(worker.sent.map((message) => message.type)).toEqual(["add", "ask", "cancel"])
  })

  it("passes on what goes wrong", async () => {
    for (const host of [await startHost(() => new FakeWorker()), pageHost()])
      await expect(host.ask({ kind: "column", key: "none", unit: 0 })).rejects.toThrow("none")
  })

  it("rejects what waits when the Worker dies, and what comes after", async () => {
    const worker = new FakeWorker()
    const host = await startHost(() => worker)
    host.add("k", layer.plan, buffers())
    const asking = host.ask(question)
    worker.fail()
    await expect(asking).rejects.toThrow("reload")
    await expect(host.ask(question)).rejects.toThrow("reload")
  })
})
