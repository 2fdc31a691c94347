import { sameSlots, type Scene, sceneBetween } from "../render/scene"

/** Milliseconds that units take to their places in another order, and how many may be on their way. */
const MOVE = 200
const MOST_MOVING = 20_000

/** The scene on its way to another order. */
export class Way {
  /** Null at rest. */
  moving = $state.raw<Scene | null>(null)
  #last: Scene | null = null

  /** To be made while a component is. */
  constructor(settled: () => Scene) {
    $effect(() => this.#follow(this.#last, (this.#last = settled())))
  }

  #follow(from: Scene | null, to: Scene): (() => void) | undefined {
    if (!from || from.layout !== to.layout || !sameSlots(from, to) || to.count > MOST_MOVING) return undefined
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined
    const begun = performance.now()
    let frame = 0
    const step = (): void => {
      const share = Math.min(1, Math.max(0, (performance.now() - begun) / MOVE))
      this.moving = share < 1 ? sceneBetween(from, to, 1 - (1 - share) ** 3) : null
      if (share < 1) frame = requestAnimationFrame(step)
    }
    step()
    return () => {
      cancelAnimationFrame(frame)
      this.moving = null
    }
  }
}
