/** Colour: tokens, scales, legends. */

export * from "./legend"
export * from "./oklab"
export * from "./scales"
export * from "./tokens"
