/** Engine: what views ask of a page's samples. */

export * from "./api"
export { strongest } from "./edges"
export { Engine, type EngineOptions } from "./engine"
export { FilterError } from "./filters"
export { type Cell, type Preview, Samples } from "./samples"
export { FEWEST, SIGNIFICANT } from "./stats"
export { type Histogram, histogram, rangeOf, topRows, type TopSample } from "./top"
