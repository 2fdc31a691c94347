/** The words of the layout: boxes of units in columns, in content coordinates (CSS pixels at zoom 1). */

/** What the layout needs to know of a layer; a contract LayerCard is one. */
export interface LayoutLayer {
  readonly name: string
  readonly rank: number
  readonly units: number
  readonly unitNames: readonly string[] | null
  /** `input` features are drawn small: they are where the network begins, not what it does. */
  readonly kind?: string
  /** Two: the units are maps, drawn as tiles. */
  readonly position?: readonly number[]
}

export interface LayoutEdge {
  readonly source: string
  readonly target: string
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** One layer's units: a row of circles from top to bottom, or a block of cells filled row by row. */
export interface LayerBox {
  readonly index: number
  readonly name: string
  readonly units: number
  readonly column: number
  readonly mode: "circles" | "cells"
  /** Whether a cell is a tile that a map has room in. */
  readonly tiles: boolean
  /** Centre of the layer. */
  readonly x: number
  readonly y: number
  /** Centre of unit 0. */
  readonly x0: number
  readonly y0: number
  /** Units side by side: 1 for circles. */
  readonly across: number
  /** Distance of neighbouring units' centres. */
  readonly pitch: number
  /** Radius of a circle, half the drawn side of a cell. */
  readonly radius: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Middle of the header's two lines, and the width it may take; 0 for a strip, which has no header. */
  readonly headerX: number
  readonly headerY: number
  readonly headerWidth: number
  /** Side of the unit labels; null when there is no room or no name. */
  readonly labels: "left" | "right" | null
}

export interface Column {
  readonly rank: number
  readonly x: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Indices into `layers`, from top to bottom. */
  readonly layers: readonly number[]
}

/** How an edge runs: straight over to the next column, or along a lane above or below the columns between. */
export interface Route {
  readonly edge: number
  readonly source: number
  readonly target: number
  readonly lane: { readonly y: number; readonly from: number; readonly to: number } | null
}

export interface Place {
  /** Index into `layers`. */
  readonly layer: number
  readonly unit: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly columns: readonly Column[]
  readonly layers: readonly LayerBox[]
  readonly routes: readonly Route[]
  /** Index of a layer by name, -1 when it is not drawn. */
  indexOf(name: string): number
  position(layer: number, unit: number): Point
  /** The unit at a content point, or null; `slack` widens small targets (content pixels). */
  hit(x: number, y: number, slack?: number): Place | null
}
