/** CSV that a spreadsheet shows as text, never runs as a formula. Mirrors cli/spreadsheet.py. */

export type Cell = string | number

/** Lines end as RFC 4180 says; a number that is missing is empty. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("")
}

/** 1 or 0 as every table says it; what is not known is empty. */
export const yesOrNo = (value: number): Cell => (Number.isNaN(value) ? "" : value === 1 ? "yes" : "no")

function cell(value: Cell): string {
  if (typeof value === "number") return Number.isNaN(value) ? "" : String(value)
  const safe = /^\s*[=+\-@]|^[\t\r\n]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
