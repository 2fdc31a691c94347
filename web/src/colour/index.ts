/** Colour: tokens, scales, legends. */

export * from "./oklab"
export * from "./scales"
export * from "./tokens"
