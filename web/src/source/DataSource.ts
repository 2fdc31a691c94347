import type { BlobCard, ColumnCard, Manifest, ResultCard } from "../contract/manifest"

/** Where a page's data come from: blocks inside the page, a server, a notebook. */
export interface DataSource {
  readonly kind: "inline" | "http" | "widget"
  manifest(): Promise<Manifest>
  /** The bytes of one blob. The buffer is fresh: the caller owns it and may hand it to a Worker. */
  blob(id: string, signal?: AbortSignal): Promise<ArrayBuffer>
  /** Asks Python, by the name and arguments of an analysis or of a part of the recording. Rejects with Refused. */
  query?(name: string, params: object, signal?: AbortSignal): Promise<Answer>
  /** Told what is new in the recordings; returns what ends it. */
  subscribe?(listener: (event: SourceEvent) => void): () => void
  /** The same of another of the recordings that are there. */
  another?(id: string): DataSource
  /** What is served, and what may be asked. */
  about?(): Promise<About>
  /** Keeps a named slice in the recording (null: forgets it). Rejects with Refused where it is not writable. */
  saveSlice?(name: string, expression: string | null): Promise<void>
}

/** A Result with its arrays. */
export interface Answer {
  readonly result: ResultCard
  readonly columns: readonly ColumnCard[]
  readonly blobs: Readonly<Record<string, BlobCard>>
  blob(id: string): Promise<ArrayBuffer>
}

/** Something new in a recording: `commit` (more samples), `result`, `saved` (slices and labels), or `replaced` by the recording whose id is `name`. */
export interface SourceEvent {
  readonly kind: string
  readonly recording: string
  readonly sequence: number
  readonly name?: string
}

export interface ServedRecording {
  readonly id: string
  readonly title: string
  readonly samples: number
  readonly sequence: number
  readonly writable: boolean
}

export interface About {
  readonly recordings: readonly ServedRecording[]
  /** Names of the queries that are answered. */
  readonly queries: readonly string[]
  /** Whether the model itself is there. */
  readonly live: boolean
}

/** A block that cannot be read. The page goes on without it and says so. */
export class BlobError extends Error {
  override name = "BlobError"
}

/** What Python refused, in its words. */
export class Refused extends Error {
  override name = "Refused"
  readonly kind: string

  constructor(kind: string, message: string) {
    super(message)
    this.kind = kind
  }
}
