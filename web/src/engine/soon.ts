/** Soon: an answer of Python, where it comes soon; a notebook's kernel may be busy with a cell. */

/** How long it is waited for where the page itself can answer, in milliseconds. */
const SOON = 2000

/** What `ask` gives within two seconds, else what `near` does. Rejects with AbortError when `signal` fires. */
export async function soonOr<T>(ask: (stop: AbortSignal) => Promise<T>, near: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  signal?.throwIfAborted()
  const soon = new AbortController()
  const stop = (): void => soon.abort()
  const timer = setTimeout(stop, SOON)
  signal?.addEventListener("abort", stop, { once: true })
  try {
    return await ask(soon.signal)
  } catch {
    signal?.throwIfAborted()
    return await near()
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener("abort", stop)
  }
}
