import type { Plugin } from "vite"

/** In a notebook the window is wider than the cell: what asks for the window's width asks for the widget's instead. */
export function cell(): Plugin {
  return {
    name: "neuronaut-cell",
    enforce: "pre",
    transform(code, id) {
      if (!/\.css$|[?&]lang\.css$/.test(id)) return null
      return { code: code.replaceAll("@media (max-width", "@container nn-widget (max-width"), map: null }
    },
  }
}
