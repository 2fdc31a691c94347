/** Views: what the rail offers. A view is mounted while it is shown, and keeps what it must remember in the link. */

import type { Component } from "svelte"
import type { CommandId, Place } from "../state/commands"
import type { Route } from "../state/view"
import type { IconName } from "../ui/icons"
import type { Explorer } from "./explorer.svelte"
import Compare from "./Compare.svelte"
import LayersView from "./layers/LayersView.svelte"
import NeuronView from "./NeuronView.svelte"
import LiveView from "./live/LiveView.svelte"
import Samples from "./samples/Samples.svelte"
import Sample from "./samples/Sample.svelte"
import Slices from "./slices/Slices.svelte"

export interface ViewCard {
  /** The entry of the rail it belongs to. */
  readonly place: Place
  readonly label: string
  readonly icon: IconName
  readonly key: string
  /** null: the app draws it itself. */
  readonly component: Component<{ explorer: Explorer }, { command?(id: CommandId): boolean }> | null
  /** Whether the inspector stands beside it. */
  readonly inspector: boolean
  /** Whether the page has it; a view is there unless it says so. */
  readonly there?: (explorer: Explorer) => boolean
}

/** In the order of the rail; those with the place of another are reached from there. */
export const VIEWS: Partial<Record<Route, ViewCard>> = {
  network: { place: "network", label: "Network", icon: "network", key: "1", component: null, inspector: true },
  layers: { place: "layers", label: "Layers", icon: "layers", key: "2", component: LayersView, inspector: true },
  neuron: { place: "neuron", label: "Neuron", icon: "neuron", key: "3", component: NeuronView, inspector: false },
  samples: { place: "samples", label: "Samples", icon: "samples", key: "4", component: Samples, inspector: false },
  sample: { place: "samples", label: "Sample", icon: "samples", key: "", component: Sample, inspector: false },
  compare: { place: "compare", label: "Compare", icon: "compare", key: "5", component: Compare, inspector: true },
  slices: { place: "slices", label: "Slices", icon: "slices", key: "6", component: Slices, inspector: false },
  live: { place: "live", label: "Live", icon: "live", key: "7", component: LiveView, inspector: false, there: (explorer) => explorer.route === "live" || (explorer.engine.about?.live ?? false) },
}

/** Views that the rail shows. */
export function railOf(explorer: Explorer): { readonly route: Route; readonly card: ViewCard }[] {
  return (Object.keys(VIEWS) as Route[])
    .map((route) => ({ route, card: VIEWS[route]! }))
    .filter(({ route, card }) => route === card.place && (card.there?.(explorer) ?? true))
}
