/** Answered: a question that is taken back when another is asked. */

/** What went wrong, in words. */
export const wordsOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem))

/** Asks, and tells the answer or what went wrong in words; what it returns takes the question back. */
export function answered<T>(ask: (signal: AbortSignal) => Promise<T>, then: (answer: T) => void, fail: (problem: string) => void = () => undefined): () => void {
  const asked = new AbortController()
  const { signal } = asked
  ask(signal).then(
    (answer) => signal.aborted || then(answer),
    (problem: unknown) => signal.aborted || fail(wordsOf(problem)),
  )
  return () => asked.abort()
}
