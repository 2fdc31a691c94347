/** Highlight: the units a unit acts on and is acted on by, and the drawn edges that carry it. */

import type { Influence } from "../engine/api"
import type { EdgeSet } from "./edgeset"
import type { Scene } from "./scene"

/** Below this share of the strongest effect in its layer a unit counts as untouched: it stays dimmed. */
export const TOUCHED = 0.3

export interface Highlight {
  readonly unit: number
  /**
   * Units other than `unit` that are touched, with their effect -1..1 relative to the strongest of their layer; 0 for
   * units at the other end of its own edges on which the effect is too small to count.
   */
  readonly touched: ReadonlyMap<number, number>
  /** Edge and how much of the effect it carries, 0..1. */
  readonly edges: ReadonlyMap<number, number>
  /** Whether effects are known; if not, only the unit's own edges are shown. */
  readonly known: boolean
}

/** A single unit, nothing else: what can be shown at once. */
export function alone(unit: number): Highlight {
  return { unit, touched: new Map(), edges: new Map(), known: false }
}

export function highlight(unit: number, scene: Scene, set: EdgeSet | null, influence: Influence | null): Highlight {
  const touched = new Map<number, number>()
  const known = influence !== null && (influence.forward.size > 0 || influence.backward.size > 0)
  const edges = new Map<number, number>()
  if (known) {
    const after = relative(influence.forward, scene)
    const before = relative(influence.backward, scene)
    if (set) {
      follow(set.outgoing, set.target, unit, after, edges)
      follow(set.incoming, set.source, unit, before, edges)
      each(set.outgoing, unit, (edge) => touched.set(set.target[edge]!, 0))
      each(set.incoming, unit, (edge) => touched.set(set.source[edge]!, 0))
    }
    for (const [other, share] of before) touched.set(other, share)
    for (const [other, share] of after) touched.set(other, share)
  } else if (set) {
    own(set, unit, touched, edges)
  }
  touched.delete(unit)
  return { unit, touched, edges, known }
}

/** Several units' highlights as one; of what more than one touches, the strongest touch counts. */
export function together(all: readonly Highlight[]): Highlight | null {
  const last = all.at(-1)
  if (!last || all.length === 1) return last ?? null
  const touched = new Map<number, number>()
  const edges = new Map<number, number>()
  for (const one of all) {
    for (const [unit, share] of one.touched) if (Math.abs(share) >= Math.abs(touched.get(unit) ?? 0)) touched.set(unit, share)
    for (const [edge, share] of one.edges) edges.set(edge, Math.max(share, edges.get(edge) ?? 0))
  }
  for (const one of all) touched.delete(one.unit)
  return { unit: last.unit, touched, edges, known: all.some((one) => one.known) }
}

/** Effects relative to the strongest in the same layer; what is too weak is left out. */
function relative(by: ReadonlyMap<string, Float32Array>, scene: Scene): Map<number, number> {
  const shares = new Map<number, number>()
  for (const layer of scene.layers) {
    const values = by.get(layer.name)
    if (!values) continue
    let peak = 0
    for (const value of values) if (Math.abs(value) > peak) peak = Math.abs(value)
    if (peak === 0) continue
    for (let i = 0; i < values.length; i++) {
      const share = values[i]! / peak
      if (Math.abs(share) < TOUCHED) continue
      // Of a group the unit that is touched most speaks.
      const index = layer.start + (layer.slots ? layer.slots.of[i]! : i)
      if (Math.abs(share) >= Math.abs(shares.get(index) ?? 0)) shares.set(index, share)
    }
  }
  return shares
}

type Side = EdgeSet["outgoing"]

/** Edges from the unit, and on from every touched unit to a touched unit. */
function follow(side: Side, far: Uint32Array, unit: number, shares: ReadonlyMap<number, number>, edges: Map<number, number>): void {
  each(side, unit, (edge) => edges.set(edge, Math.max(0.35, Math.abs(shares.get(far[edge]!) ?? 0))))
  for (const [from, share] of shares) {
    if (from === unit) continue
    each(side, from, (edge) => {
      const other = shares.get(far[edge]!)
      if (other !== undefined) edges.set(edge, Math.min(Math.abs(share), Math.abs(other)))
    })
  }
}

function own(set: EdgeSet, unit: number, touched: Map<number, number>, edges: Map<number, number>): void {
  each(set.outgoing, unit, (edge) => {
    edges.set(edge, 1)
    touched.set(set.target[edge]!, set.value[edge]!)
  })
  each(set.incoming, unit, (edge) => {
    edges.set(edge, 1)
    touched.set(set.source[edge]!, set.value[edge]!)
  })
}

function each(side: Side, unit: number, visit: (edge: number) => void): void {
  for (let i = side.starts[unit]!; i < side.starts[unit + 1]!; i++) visit(side.edges[i]!)
}
