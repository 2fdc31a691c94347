/** Engine: questions about the samples of one page, answered from its blobs. */

import type { Manifest } from "../contract/manifest"
import type { DataSource } from "../source/DataSource"
import type { EngineApi } from "./api"

export declare class Engine implements EngineApi {
  constructor(source: DataSource, manifest: Manifest)
  readonly stats: EngineApi["stats"]
  readonly problems: EngineApi["problems"]
  onProblem: EngineApi["onProblem"]
  mask: EngineApi["mask"]
  group: EngineApi["group"]
  pair: EngineApi["pair"]
  unitValues: EngineApi["unitValues"]
  sampleValues: EngineApi["sampleValues"]
  influence: EngineApi["influence"]
  influenceNow: EngineApi["influenceNow"]
  edges: EngineApi["edges"]
  inputsOf: EngineApi["inputsOf"]
  outputsOf: EngineApi["outputsOf"]
  close(): void
}
