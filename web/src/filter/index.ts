/** The filter language: a text in, a mask of rows out; problems and hints that point at characters. */

export { type BoolColumn, boolColumn, type Column, type Columns, columnsOf, type NumberColumn, numberColumn } from "./columns"
export { type TextColumn, textColumn } from "./columns"
export { check } from "./check"
export { activationsOf, evaluate, select, type Selection } from "./eval"
export { caretHelp, complete, type Completion, describe, fixed, highlight, placeOf, type Span, type SpanKind } from "./format"
export { hints } from "./hints"
export { type Node, walk } from "./nodes"
export { parse } from "./parse"
export { FilterProblem, type Hint, type ProblemKind } from "./problem"
export { nameText, quoted, textOf } from "./text"
