/**
 * Values that know who reads them. A state is written; a derived value is worked out when somebody asks; an effect runs
 * again when what it read has changed. Time is counted in writes.
 */

export interface Signal<T = unknown> {
  value: T
  /** When the value last changed. */
  changed: number
  readonly readers: Set<Reader>
}

export interface Reader {
  deps: Set<Signal>
  /** Something that it read may have changed. */
  unsure: boolean
  /** When it was last known to fit what it reads. */
  fits: number
  disturb(): void
}

export interface Derived<T = unknown> extends Signal<T>, Reader {
  readonly compute: () => T
}

let now = 0
let read: Set<Signal> | null = null

export const state = <T>(value: T): Signal<T> => ({ value, changed: 0, readers: new Set() })

export function derived<T>(compute: () => T): Derived<T> {
  return { value: undefined as T, changed: -1, readers: new Set(), deps: new Set(), unsure: true, fits: -1, compute, disturb: disturbDerived }
}

const isDerived = (signal: Signal): signal is Derived => "compute" in signal

function disturbDerived(this: Derived): void {
  if (this.unsure) return
  this.unsure = true
  for (const one of this.readers) one.disturb()
}

export function get<T>(signal: Signal<T>): T {
  read?.add(signal as Signal)
  if (isDerived(signal as Signal)) refresh(signal as unknown as Derived)
  return signal.value
}

export function set<T>(signal: Signal<T>, value: T): T {
  if (!Object.is(signal.value, value)) {
    signal.value = value
    signal.changed = ++now
    for (const one of signal.readers) one.disturb()
  }
  return value
}

export function update(signal: Signal<number>, by = 1): number {
  const before = get(signal)
  set(signal, before + by)
  return before
}

/** Makes a derived value fit what it reads. */
function refresh(signal: Derived): void {
  if (signal.readers.size > 0 ? !signal.unsure : signal.fits === now) return
  const at = now
  if (signal.changed < 0 || stale(signal)) {
    const value = follow(signal, signal.compute)
    if (signal.changed < 0 || !Object.is(value, signal.value)) {
      signal.value = value
      signal.changed = at
    }
  }
  signal.fits = at
  signal.unsure = false
}

/** Whether something that was read has changed since. */
export function stale(one: Reader): boolean {
  for (const dep of one.deps) {
    if (isDerived(dep)) refresh(dep)
    if (dep.changed > one.fits) return true
  }
  return false
}

/** Runs a reader's function and remembers what it read; a derived value that nobody reads is told nothing. */
export function follow<T>(one: Reader, run: () => T): T {
  const reads = read
  const before = one.deps
  read = one.deps = new Set()
  try {
    return run()
  } finally {
    read = reads
    if (!("readers" in one) || (one as Derived).readers.size > 0) {
      for (const dep of one.deps) join(dep, one)
      for (const dep of before) if (!one.deps.has(dep)) leave(dep, one)
    }
  }
}

function join(signal: Signal, one: Reader): void {
  if (isDerived(signal) && signal.readers.size === 0) {
    signal.unsure = signal.fits !== now
    for (const dep of signal.deps) join(dep, signal)
  }
  signal.readers.add(one)
}

export function leave(signal: Signal, one: Reader): void {
  if (signal.readers.delete(one) && isDerived(signal) && signal.readers.size === 0) {
    for (const dep of signal.deps) leave(dep, signal)
  }
}

/** What is read inside is not remembered. */
export function untrack<T>(run: () => T): T {
  const reads = read
  read = null
  try {
    return run()
  } finally {
    read = reads
  }
}

export const time = (): number => now
