/** EdgeSet: the edges that are drawn, in sixteen buckets (eight sizes, two signs), with the edges of every unit. */

/** Edges as they come: indices into the scene's units and a size relative to the strongest of the same layer pair. */
export interface EdgeList {
  readonly source: Uint32Array
  readonly target: Uint32Array
  /** -1..1 */
  readonly value: Float32Array
}

export interface EdgeSet extends EdgeList {
  readonly count: number
  /** Edges by bucket: faint first, positive before negative of the same size. */
  readonly order: Uint32Array
  /** Where each of the 16 buckets starts in `order`; the 17th entry is the end. */
  readonly starts: Uint32Array
  /** Edges leaving a unit: `outgoing.edges[outgoing.starts[u] .. outgoing.starts[u + 1]]`. */
  readonly outgoing: Adjacency
  readonly incoming: Adjacency
}

export interface Adjacency {
  readonly starts: Uint32Array
  readonly edges: Uint32Array
}

export const SIZES = 8
export const BUCKETS = SIZES * 2

/** Bucket of a relative weight: twice the size class, plus one when negative. */
export function bucketOf(value: number): number {
  const size = Math.min(SIZES - 1, Math.floor(Math.abs(value) * SIZES))
  return size * 2 + (value < 0 ? 1 : 0)
}

export function edgeSet(list: EdgeList, unitCount: number): EdgeSet {
  const count = list.source.length
  const bucket = new Uint8Array(count)
  for (let edge = 0; edge < count; edge++) bucket[edge] = bucketOf(list.value[edge]!)
  const { starts, edges } = group(bucket, BUCKETS)
  return {
    ...list,
    count,
    order: edges,
    starts,
    outgoing: group(list.source, unitCount),
    incoming: group(list.target, unitCount),
  }
}

/** Counting sort: the edges by key, in their given order within a key. */
function group(key: Uint8Array | Uint32Array, keys: number): Adjacency {
  const starts = new Uint32Array(keys + 1)
  for (const value of key) starts[value + 1]! += 1
  for (let k = 0; k < keys; k++) starts[k + 1]! += starts[k]!
  const next = starts.slice(0, keys)
  const edges = new Uint32Array(key.length)
  for (let edge = 0; edge < key.length; edge++) {
    const k = key[edge]!
    edges[next[k]!] = edge
    next[k]! += 1
  }
  return { starts, edges }
}

/** Edges sorted by falling size: keep those among the `k` strongest into their target or out of their source. */
export function strongest(source: Uint32Array, target: Uint32Array, sourceUnits: number, targetUnits: number, k: number): Uint32Array {
  const out = new Uint32Array(sourceUnits)
  const into = new Uint32Array(targetUnits)
  const kept: number[] = []
  for (let edge = 0; edge < source.length; edge++) {
    const s = source[edge]!
    const t = target[edge]!
    if (out[s]! >= k && into[t]! >= k) continue
    out[s]! += 1
    into[t]! += 1
    kept.push(edge)
  }
  return Uint32Array.from(kept)
}
