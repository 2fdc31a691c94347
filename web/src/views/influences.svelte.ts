import { untrack } from "svelte"
import type { Explorer, UnitRef } from "./explorer.svelte"

/** What units act on and what acts on them, asked for once a unit has been looked at for a moment. */
export class Influences {
  readonly #explorer: Explorer
  #version = $state(0)

  /** To be made while a component is. */
  constructor(explorer: Explorer, wanted: () => readonly UnitRef[]) {
    this.#explorer = explorer
    /** Milliseconds that the pointer rests on a unit before it is asked about; longer where a model may have to run. */
    const rest = untrack(() => (explorer.engine.about?.live ? 120 : 40))
    $effect(() => {
      const { engine } = explorer
      const waiting = wanted().filter((ref) => !ref.group && !engine.influenceNow(ref.layer.name, ref.unit))
      if (waiting.length === 0) return
      const asked = new AbortController()
      const settled = (): void => void (asked.signal.aborted || this.#version++)
      const ask = (): void => waiting.forEach((ref) => void engine.influence(ref.layer.name, ref.unit, asked.signal).then(settled, settled))
      const timer = setTimeout(ask, rest)
      return () => {
        clearTimeout(timer)
        asked.abort()
      }
    })
  }

  /** Null until it is known. */
  of({ group, layer, unit }: UnitRef): ReturnType<Explorer["engine"]["influenceNow"]> {
    void this.#version
    return group ? null : this.#explorer.engine.influenceNow(layer.name, unit)
  }
}
