/** Recordings: which of those that are served the page's address names. Pure. */

import type { ServedRecording } from "../../source/DataSource"

const KEY = "rec"

/** The id in the part of an address after "?"; null: the first. */
export function askedIn(search: string): string | null {
  return new URLSearchParams(search).get(KEY)
}

/** The address of the page of a recording; the view stays. */
export function addressOf(id: string, hash: string): string {
  return `?${KEY}=${encodeURIComponent(id)}${hash}`
}

/** What names units, samples and places of one network. */
const OF_ONE = new Set(["at", "sel", "pin", "open", "cam"])

/** The same view of another network: without what is of the first one alone. */
export function ofAnother(hash: string): string {
  const [route = "", ...rest] = hash.split("?")
  const pairs = rest.join("?").split("&").filter((pair) => pair !== "" && !OF_ONE.has(pair.split("=")[0]!))
  return route + (pairs.length > 0 ? `?${pairs.join("&")}` : "")
}

/** What each is called; those of one name are told apart by their ids. */
export function namesOf(recordings: readonly ServedRecording[]): ReadonlyMap<string, string> {
  const twice = (title: string): boolean => recordings.filter((one) => one.title === title).length > 1
  return new Map(recordings.map(({ id, title }) => [id, twice(title) ? `${title} (${id.slice(0, 6)})` : title]))
}

/** What is set beside each other: this recording and `other`, over the samples of a slice. */
export interface Two {
  readonly other: string
  readonly names: readonly [string, string]
  readonly slice: string | null
  /** Of the positions, where it is not the mean. */
  readonly reduction: string | null
}
