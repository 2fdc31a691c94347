/** State: the View, its link, the keyboard's commands. */

export * from "./address"
export * from "./browser"
export * from "./commands"
export * from "./state"
export * from "./surroundings"
export * from "./url"
export * from "./view"
