/** Commands: everything the keyboard can do, as one table that the help and the palette show too. */

/** Views of the rail. */
export const PLACES = ["network", "layers", "neuron", "samples", "compare", "slices", "live"] as const
export type Place = (typeof PLACES)[number]

export type CommandId =
  | "left"
  | "right"
  | "up"
  | "down"
  | "left-strongest"
  | "right-strongest"
  | "select"
  | "pin"
  | "edit-a"
  | "edit-b"
  | "swap"
  | "fit"
  | "zoom-in"
  | "zoom-out"
  | "zoom-reset"
  | Place
  | "theme"
  | "table"
  | "ranked"
  | "explain"
  | "maximise"
  | "help"
  | "escape"
  | "jump"

export interface Command {
  readonly id: CommandId
  /** Keys as shown to people, and as read from events. */
  readonly keys: readonly string[]
  readonly label: string
  readonly group: "Move" | "Groups" | "View" | "Views"
  /** Works while text is being edited. */
  readonly inText?: boolean
}

export const COMMANDS: readonly Command[] = [
  { id: "up", keys: ["ArrowUp"], label: "Previous unit of the layer", group: "Move" },
  { id: "down", keys: ["ArrowDown"], label: "Next unit of the layer", group: "Move" },
  { id: "left", keys: ["ArrowLeft"], label: "Nearest unit one layer back", group: "Move" },
  { id: "right", keys: ["ArrowRight"], label: "Nearest unit one layer on", group: "Move" },
  { id: "left-strongest", keys: ["Shift+ArrowLeft"], label: "Along the strongest input", group: "Move" },
  { id: "right-strongest", keys: ["Shift+ArrowRight"], label: "Along the strongest output", group: "Move" },
  { id: "select", keys: ["Enter"], label: "Select the unit; open a group or a map", group: "Move" },
  { id: "pin", keys: ["p"], label: "Pin the unit (or Shift and click)", group: "Move" },
  { id: "edit-a", keys: ["a"], label: "Edit filter A", group: "Groups" },
  { id: "edit-b", keys: ["b"], label: "Edit filter B", group: "Groups" },
  { id: "swap", keys: ["x"], label: "Swap A and B", group: "Groups" },
  { id: "fit", keys: ["f"], label: "Fit the network", group: "View" },
  { id: "zoom-in", keys: ["+", "="], label: "Zoom in", group: "View" },
  { id: "zoom-out", keys: ["-"], label: "Zoom out", group: "View" },
  { id: "zoom-reset", keys: ["0"], label: "Actual size", group: "View" },
  { id: "network", keys: ["1"], label: "Network", group: "Views" },
  { id: "layers", keys: ["2"], label: "Layers", group: "Views" },
  { id: "neuron", keys: ["3"], label: "Neuron", group: "Views" },
  { id: "samples", keys: ["4"], label: "Samples", group: "Views" },
  { id: "compare", keys: ["5"], label: "Compare", group: "Views" },
  { id: "slices", keys: ["6"], label: "Slices", group: "Views" },
  { id: "live", keys: ["7"], label: "Live", group: "Views" },
  { id: "theme", keys: ["d"], label: "Dark or light", group: "View" },
  { id: "table", keys: ["t"], label: "Show as a table", group: "View" },
  { id: "ranked", keys: ["r"], label: "Units ranked by A against B", group: "View" },
  { id: "explain", keys: ["i"], label: "Say what the numbers at a unit are", group: "View" },
  { id: "maximise", keys: ["m"], label: "Maximise the network", group: "View" },
  { id: "jump", keys: ["/", "Ctrl+k", "Meta+k"], label: "Jump to a unit, layer, filter or command", group: "View" },
  { id: "help", keys: ["?"], label: "Keys and signs", group: "View" },
  { id: "escape", keys: ["Escape"], label: "Back out one level", group: "View", inText: true },
]

/** The parts of a keyboard event that count. */
export interface Key {
  readonly key: string
  readonly ctrlKey?: boolean
  readonly metaKey?: boolean
  readonly altKey?: boolean
  readonly shiftKey?: boolean
  readonly isComposing?: boolean
}

function chord(event: Key): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const shift = event.shiftKey && key.startsWith("Arrow") ? "Shift+" : ""
  return (event.ctrlKey ? "Ctrl+" : "") + (event.metaKey ? "Meta+" : "") + (event.altKey ? "Alt+" : "") + shift + key
}

const byChord = new Map(COMMANDS.flatMap((command) => command.keys.map((key) => [key, command] as const)))

/** The command of a key, or null; in a text field only chords with Ctrl or Meta and Escape count. */
export function commandFor(event: Key, inText: boolean): CommandId | null {
  if (event.isComposing) return null
  const command = byChord.get(chord(event))
  if (!command) return null
  const modified = Boolean(event.ctrlKey) || Boolean(event.metaKey)
  return !inText || modified || command.inText ? command.id : null
}
