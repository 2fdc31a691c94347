/** View: everything the page shows, as one frozen object. */

/** The views there are; `sample` is one of the page's samples. */
export const ROUTES = ["network", "layers", "neuron", "samples", "sample", "compare", "slices", "live"] as const
export type Route = (typeof ROUTES)[number]
export type ColourMode = "signed" | "abs" | "ab" | "health" | "selectivity"
/** In which order the units of a layer are drawn; "index" is that of the model. */
export type OrderMode = "index" | "crossings" | "together" | "class" | "rate" | "mean"
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
  /** What the view is of: the row of a sample, the address of a neuron. */
  readonly at: string | null
  /** What a view keeps for itself (how it is sorted, what it is filtered by), by lower-case names. */
  readonly own: Readonly<Record<string, string>>
  readonly a: string | null
  readonly b: string | null
  readonly sel: string | null
  /** Slices that are kept in the link, as the recording cannot keep them: "name, tab, filter". */
  readonly slices: readonly string[]
  /** Addresses of pinned units, in the order they were pinned. */
  readonly pins: readonly string[]
  /** Groups of units that are drawn unit by unit: the address of the first unit of each. */
  readonly open: readonly string[]
  readonly col: ColourMode
  readonly ord: OrderMode
  readonly edges: EdgeMode
  readonly blend: Blend
  /** null follows the system. */
  readonly theme: Theme | null
  /** null fits the whole network. */
  readonly cam: Camera | null
  /** Units of a layer drawn one by one; wider layers are drawn as so many groups. */
  readonly most: number
  /** The table in the place of the network. */
  readonly table: boolean
  /** The network alone: no rail, no inspector. */
  readonly max: boolean
  /** The units beside the network, ranked by how they differ. */
  readonly ranked: boolean
  /** The map of the selected channel. */
  readonly map: boolean
  /** The column that classes are shown by; null is the label. */
  readonly classes: string | null
}

export const DEFAULT_VIEW: View = Object.freeze({
  route: "network",
  at: null,
  own: Object.freeze({}),
  a: null,
  b: null,
  sel: null,
  slices: Object.freeze([]),
  pins: Object.freeze([]),
  open: Object.freeze([]),
  col: "abs",
  ord: "index",
  edges: "6",
  blend: "oklch",
  theme: null,
  cam: null,
  most: 512,
  table: false,
  max: false,
  ranked: false,
  map: false,
  classes: null,
})
