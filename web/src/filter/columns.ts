/** Columns: what a filter can ask of each sample. NaN and -1 are null. Mirrors core/columns.py. */

export interface NumberColumn {
  readonly name: string
  readonly kind: "number"
  /** NaN where null. */
  readonly values: Float64Array | Float32Array
}

export interface TextColumn {
  readonly name: string
  readonly kind: "text"
  /** Into `values`; -1 where null. */
  readonly codes: Int32Array
  readonly values: readonly string[]
}

export interface BoolColumn {
  readonly name: string
  readonly kind: "bool"
  /** 0, 1, or 255 where null. */
  readonly values: Uint8Array
}

export type Column = NumberColumn | TextColumn | BoolColumn

export interface Columns {
  readonly n: number
  readonly columns: ReadonlyMap<string, Column>
  /** Names of more, which are read when a filter asks for them. */
  readonly unlisted?: readonly string[] | null
  /** Answers `@act("layer", unit)`: a value per row, or why there is none. */
  readonly activation?: (layer: string, unit: number) => Float64Array | Float32Array | { readonly problem: string }
}

/** Numbers of one column; `nulls` marks rows with 1. The values are copied only when there are marks. */
export function numberColumn(name: string, values: Float64Array, nulls: Uint8Array | null = null): NumberColumn {
  if (nulls === null || !nulls.includes(1)) return { name, kind: "number", values }
  return { name, kind: "number", values: values.map((value, row) => (nulls[row] === 1 ? NaN : value)) }
}

/** Texts of one column; lone surrogates become U+FFFD. */
export function textColumn(name: string, codes: Int32Array, values: readonly string[]): TextColumn {
  return { name, kind: "text", codes, values: values.map((value) => value.replace(/\p{Surrogate}/gu, "\ufffd")) }
}

export function boolColumn(name: string, values: Uint8Array): BoolColumn {
  return { name, kind: "bool", values }
}

/** Columns of equal length by name. Throws when two have one name or their lengths differ. */
export function columnsOf(n: number, list: Iterable<Column>, activation?: Columns["activation"]): Columns {
  const columns = new Map<string, Column>()
  for (const column of list) {
    const rows = column.kind === "text" ? column.codes.length : column.values.length
    if (rows !== n) throw new RangeError(`column '${column.name}' has ${rows} rows; the others have ${n}.`)
    if (columns.has(column.name)) throw new RangeError(`two columns are named '${column.name}'.`)
    columns.set(column.name, column)
  }
  return activation === undefined ? { n, columns } : { n, columns, activation }
}
