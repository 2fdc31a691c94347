// @vitest-environment node
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { soonOr } from "./soon"

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const never = (stop: AbortSignal) => new Promise<string>((_, reject) => stop.addEventListener("abort", () => reject(new Error("stopped"))))

it("takes what Python answers, and does not ask the page then", async () => {
  const near = vi.fn(() => Promise.resolve("near"))
  expect(await soonOr(() => Promise.resolve("exact"), near)).toBe("exact")
  expect(near).not.toHaveBeenCalled()
})

it("lets the page answer where Python refuses, or is busy, and then waits no longer", async () => {
  const near = () => Promise.resolve("near")
  expect(await soonOr(() => Promise.reject(new Error("refused")), near)).toBe("near")
  const busy = soonOr(never, near)
  await vi.advanceTimersByTimeAsync(5000)
  expect(await busy).toBe("near")
})

it("stops when nobody waits any more", async () => {
  const near = vi.fn(() => Promise.resolve("near"))
  const gone = new AbortController()
  const asked = soonOr(never, near, gone.signal)
  gone.abort()
  await expect(asked).rejects.toThrow(/abort/i)
  expect(near).not.toHaveBeenCalled()
})
