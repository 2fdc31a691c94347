/** Layout: columns, routes, hit testing, camera. */

export * from "./camera"
export * from "./columns"
export * from "./model"
export { tracePath, type Pen } from "./routes"
