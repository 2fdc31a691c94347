/** What runs again when something changes, as a tree: who goes takes along what was made within. Above runs before below. */

import { follow, leave, stale, time, untrack, type Reader } from "./signals"

/** Its own function runs again; a branch runs once; a block keeps its branches when it runs again; the last waits for the page. */
type Kind = "render" | "branch" | "block" | "later"
type Teardown = (() => void) | void

export interface Effect extends Reader {
  readonly kind: Kind
  readonly run: () => unknown
  readonly parent: Effect | null
  readonly children: Set<Effect>
  teardown: Teardown
  /** Something within waits to run. */
  below: boolean
  gone: boolean
  /** The first and the last node of a branch. */
  start: ChildNode | null
  end: ChildNode | null
}

/** More rounds than any page needs: an effect changes what it reads. */
const ROUNDS = 10_000

const roots = new Set<Effect>()
const later = new Set<Effect>()
let owner: Effect | null = null
let waiting = false

function create(kind: Kind, run: () => unknown): Effect {
  const effect: Effect = {
    kind, run, parent: owner, children: new Set(), deps: new Set(), unsure: false, fits: -1, disturb,
    teardown: undefined, below: false, gone: false, start: null, end: null,
  } // prettier-ignore
  if (owner) owner.children.add(effect)
  else roots.add(effect)
  if (kind === "later") effect.disturb()
  else execute(effect)
  return effect
}

export const render = (run: () => Teardown): Effect => create("render", run)
export const branch = (run: () => void): Effect => create("branch", run)
export const block = (run: () => void): Effect => create("block", run)
export const effect = (run: () => Teardown): Effect => create("later", run)

/** Called when the effect goes in which this is called. */
export const teardown = (run: () => void): void => void render(() => run)

/** Like a handler of an event: nothing that is read or made inside belongs to an effect. */
export function outside<T>(run: () => T): T {
  const was = owner
  owner = null
  try {
    return untrack(run)
  } finally {
    owner = was
  }
}

/** The nodes of the branch that is being made. */
export function own(start: ChildNode, end: ChildNode): void {
  if (owner && owner.start === null) [owner.start, owner.end] = [start, end]
}

function disturb(this: Effect): void {
  if (this.unsure || this.gone) return
  this.unsure = true
  for (let up = this.parent; up && !up.below; up = up.parent) up.below = true
  if (!waiting) {
    waiting = true
    queueMicrotask(flush)
  }
}

function execute(effect: Effect): void {
  const [was, at] = [owner, time()]
  if (effect.kind !== "block") effect.children.forEach((child) => destroy(child))
  if (effect.teardown) outside(effect.teardown)
  effect.teardown = undefined
  effect.fits = at
  effect.unsure = false
  owner = effect
  try {
    const result = effect.kind === "branch" ? untrack(effect.run) : follow(effect, effect.run)
    if (typeof result === "function") effect.teardown = result as () => void
  } finally {
    owner = was
  }
  if (effect.kind !== "branch" && time() !== at) effect.disturb()
}

/** Runs what waits: first what draws, from above to below, then one by one what follows the page. */
export function flush(): void {
  try {
    for (let round = 0; later.size > 0 || [...roots].some((root) => root.below || root.unsure); round++) {
      if (round > ROUNDS) throw new Error("An effect changes what it reads.")
      walk(roots)
      for (const next of later) {
        later.delete(next)
        settle(next)
        break
      }
    }
  } finally {
    waiting = false
  }
}

function walk(effects: ReadonlySet<Effect>): void {
  for (const one of effects) {
    if (one.unsure) {
      if (one.kind === "later") later.add(one)
      else settle(one)
    }
    if (one.below) {
      one.below = false
      walk(one.children)
    }
  }
}

/** What one effect throws does not keep the others from running. */
function settle(effect: Effect): void {
  if (effect.gone) return
  try {
    if (effect.fits < 0 || stale(effect)) execute(effect)
    else effect.unsure = false
  } catch (problem) {
    effect.unsure = false
    queueMicrotask(() => {
      throw problem
    })
  }
}

export function destroy(effect: Effect, nodes = true): void {
  if (effect.gone) return
  effect.gone = true
  effect.parent?.children.delete(effect)
  roots.delete(effect)
  if (nodes && effect.start) {
    nodesOf(effect).forEach((node) => node.remove())
    nodes = false
  }
  effect.children.forEach((child) => destroy(child, nodes))
  if (effect.teardown) outside(effect.teardown)
  effect.deps.forEach((dep) => leave(dep, effect))
}

export function nodesOf({ start, end }: Effect): ChildNode[] {
  const found: ChildNode[] = []
  for (let node = start; node; node = node === end ? null : (node.nextSibling as ChildNode | null)) found.push(node)
  return found
}
