/** View: everything the page shows, as one frozen object. */

export type Route = "network"
export type ColourMode = "signed" | "abs" | "ab"
export type EdgeMode = "none" | "6" | "all"
export type Blend = "oklch" | "purple"
export type Theme = "dark" | "light"

/** Where the camera looks: the content point (CSS pixels at zoom 1) in the middle of the canvas, and the zoom. */
export interface Camera {
  readonly x: number
  readonly y: number
  readonly z: number
}

/** `a` and `b` are filter expressions of the two groups (null: not set), `sel` the address of the selected unit. */
export interface View {
  readonly route: Route
  readonly a: string | null
  readonly b: string | null
  readonly sel: string | null
  readonly col: ColourMode
  readonly edges: EdgeMode
  readonly blend: Blend
  /** null follows the system. */
  readonly theme: Theme | null
  /** null fits the whole network. */
  readonly cam: Camera | null
}

export const DEFAULT_VIEW: View = Object.freeze({
  route: "network",
  a: null,
  b: null,
  sel: null,
  col: "abs",
  edges: "6",
  blend: "oklch",
  theme: null,
  cam: null,
})
