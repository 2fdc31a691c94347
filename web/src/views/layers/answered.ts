/** Answered: a question that is taken back when another is asked. */

/** Asks, and tells the answer or what went wrong in words; what it returns takes the question back. */
export function answered<T>(ask: (signal: AbortSignal) => Promise<T>, then: (answer: T) => void, fail: (problem: string) => void): () => void {
  const asked = new AbortController()
  const { signal } = asked
  ask(signal).then(
    (answer) => signal.aborted || then(answer),
    (problem: unknown) => signal.aborted || fail(problem instanceof Error ? problem.message : String(problem)),
  )
  return () => asked.abort()
}
