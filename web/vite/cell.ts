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

const [START, END] = ["var neuronautApp=(function(){", "})();"]

/** The widget's module is one function, so that it knows the text that its Worker is to run, and inner names are short. */
export function whole(): Plugin {
  return {
    name: "neuronaut-whole",
    apply: "build",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue
        const code = chunk.code.trim()
        if (!code.startsWith(START) || !code.endsWith(END)) this.error("the widget is not one function")
        chunk.code = `function neuronautApp(){${code.slice(START.length, -END.length)}}export default neuronautApp();\n`
      }
    },
  }
}
