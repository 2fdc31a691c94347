/** Messages between the page and its Worker. */

import type { Answer, Question } from "./calculator"
import type { LayerPlan } from "./layer"

export type ToWorker =
  | { readonly type: "add"; readonly key: string; readonly plan: LayerPlan; readonly chunks: readonly ArrayBuffer[] }
  | { readonly type: "ask"; readonly id: number; readonly question: Question }
  | { readonly type: "cancel"; readonly id: number }

/** An answer of null: cancelled. `ready` comes once, when the Worker runs. */
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "answer"; readonly id: number; readonly answer: Answer | null }
  | { readonly type: "failed"; readonly id: number; readonly message: string }
