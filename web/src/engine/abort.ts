/** What a question is rejected with that is not wanted any more. */
export function abortError(): DOMException {
  return new DOMException("A newer question took the place of this one.", "AbortError")
}
