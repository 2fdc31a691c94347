/** Scrolled: which rows of a long table are drawn, and where, however far it goes. Pure. */

/** Pixels that the rows may be high together; of more the scroll bar stands for a share of them. Firefox cuts what is higher than 17 million, Chromium than 33. */
export const MOST = 8_000_000
/** Rows kept above and below what is in sight. */
const SPARE = 12

export interface Table {
  readonly rows: number
  /** Pixels of one. */
  readonly row: number
  /** Pixels of the rows that are in sight at once. */
  readonly view: number
}

/** Rows `first` to `last`, so many pixels below the start of an element that is `height` high. */
export interface Drawn {
  readonly first: number
  readonly last: number
  readonly before: number
  readonly height: number
}

/** How far a table can be scrolled, in pixels of its rows. */
const farOf = ({ rows, row, view }: Table): number => Math.max(0, rows * row - view)
/** The same, in pixels of the scroll bar. */
const roomOf = (table: Table): number => Math.max(0, Math.min(farOf(table), MOST - table.view))

/** What is drawn where the scroll bar is at `top` and the rows at `at`. */
export function drawn(table: Table, top: number, at: number): Drawn {
  const { rows, row, view } = table
  const [far, room] = [farOf(table), roomOf(table)]
  const here = Math.min(at, far)
  const bar = Math.min(top, room)
  const first = Math.max(0, Math.floor(here / row) - SPARE, Math.ceil((here - bar) / row))
  const last = Math.min(rows, Math.ceil((here + view) / row) + SPARE, Math.floor((here + room - bar + view) / row))
  return { first, last, before: bar - here + first * row, height: Math.min(rows * row, MOST) }
}

/** Where the rows are once the bar has come to `top`, `by` further than it was: a small step is a step of the rows, a long way or one that goes on is its share. */
export function moved(table: Table, at: number, top: number, by: number, long: boolean): number {
  const [far, room] = [farOf(table), roomOf(table)]
  if (far === room) return top
  return long ? Math.round((Math.min(top, room) / room) * far) : Math.max(0, Math.min(far, at + by))
}

/** Where the bar belongs for rows at `at`; at an end only where they are. */
export function barOf(table: Table, at: number): number {
  const [far, room] = [farOf(table), roomOf(table)]
  return far === room ? at : at <= 0 ? 0 : at >= far ? room : Math.max(1, Math.min(room - 1, Math.round((at / far) * room)))
}
