/** Sorting: which column a table is sorted by, as the link keeps it: `q`, or `-q` the other way round. Pure. */

export interface Sorting<Key extends string> {
  readonly key: Key
  readonly turned: boolean
}

export function sortingOf<Key extends string>(text: string | undefined, keys: readonly Key[], usual: Key): Sorting<Key> {
  const turned = text?.startsWith("-") ?? false
  const key = keys.find((one) => one === text?.slice(Number(turned)))
  return key === undefined ? { key: usual, turned: false } : { key, turned }
}

/** null where it is as usual, which a link does not say. */
export function sortingText({ key, turned }: Sorting<string>, usual: string): string | null {
  return key === usual && !turned ? null : (turned ? "-" : "") + key
}
