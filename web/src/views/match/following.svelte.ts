/** Following: a question about two recordings, asked anew when one of them has more samples. */

import { untrack } from "svelte"
import type { Result } from "../../engine/results"
import { wordsOf } from "../../ui/answered"
import type { Explorer } from "../explorer.svelte"
import type { Two } from "./recordings"

type Ask = (name: string, params: object) => Promise<Result>

/**
 * Asks when a view opens, when its question changes (`anew`: what is shown does not answer it), and when either recording
 * grows. `look` gives what is done with the answers while they are still wanted.
 */
export function following<T extends object>(
  of: () => Explorer,
  two: () => Two,
  question: () => T,
  look: (ask: Ask, question: T, anew: boolean, wanted: AbortSignal) => Promise<() => void>,
  fail: (said: string) => void,
): void {
  let last = ""
  $effect(() => {
    const explorer = of()
    const { other, reduction } = two()
    const asked = { ...question(), other: { recording: other }, ...(reduction === null ? {} : { reduction }) }
    const text = JSON.stringify(asked)
    void explorer.elsewhere
    void explorer.manifest.samples.total
    const stop = new AbortController()
    const anew = text !== last
    last = text
    untrack(() => {
      look((name, params) => explorer.engine.ask(name, params, stop.signal)!, asked, anew, stop.signal).then(
        (done) => stop.signal.aborted || done(),
        (problem: unknown) => stop.signal.aborted || fail(wordsOf(problem)),
      )
    })
    return () => stop.abort()
  })
}
