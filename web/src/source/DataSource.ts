import type { Manifest } from "../contract/manifest"

/** Where a page's data come from: blocks inside the page, a server, a notebook. */
export interface DataSource {
  readonly kind: "inline" | "http" | "widget"
  manifest(): Promise<Manifest>
  /** The bytes of one blob. The buffer is fresh: the caller owns it and may hand it to a Worker. */
  blob(id: string, signal?: AbortSignal): Promise<ArrayBuffer>
}

/** A block that cannot be read. The page goes on without it and says so. */
export class BlobError extends Error {
  override name = "BlobError"
}
