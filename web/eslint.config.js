import svelte from "eslint-plugin-svelte"
import { defineConfig } from "eslint/config"
import globals from "globals"
import ts from "typescript-eslint"

const htmlSinks = ["innerHTML", "outerHTML", "srcdoc"].map((name) => ({
  selector: `MemberExpression[property.name='${name}'], MemberExpression[property.value='${name}']`,
  message: `${name} turns data into markup. Use textContent or a Svelte expression.`,
}))

const calls = ["insertAdjacentHTML", "createContextualFragment", "parseFromString", "setHTMLUnsafe"].map((name) => ({
  selector: `MemberExpression[property.name='${name}']`,
  message: `${name} turns data into markup. Use text nodes.`,
}))

const banned = [
  ...htmlSinks,
  ...calls,
  {
    selector: "CallExpression[callee.object.name='document'][callee.property.name=/^write(ln)?$/]",
    message: "document.write turns data into markup.",
  },
  {
    selector: "CallExpression[callee.property.name='setAttribute'][arguments.0.value=/^(on|style)/]",
    message: "The page forbids handlers and styles in attributes. Use addEventListener, a class or the style property.",
  },
  {
    selector: "CallExpression[callee.name='fetch'], NewExpression[callee.name=/^(XMLHttpRequest|WebSocket|EventSource)$/]",
    message: "The page makes no requests; data comes from a DataSource.",
  },
]

export default defineConfig(
  { ignores: ["node_modules/", "dist/"] },
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-restricted-syntax": ["error", ...banned],
      "no-console": "error",
      eqeqeq: ["error", "smart"],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"] } },
    rules: {
      "svelte/no-at-html-tags": "error",
      "svelte/require-each-key": "error",
      "no-restricted-syntax": [
        "error",
        ...banned,
        {
          selector: "SvelteAttribute[key.name='style']",
          message: "The CSP blocks style attributes. Use a class or style:property={...}.",
        },
      ],
    },
  },
  {
    // The one place that asks a server, its own: the page's policy lets it ask no other.
    files: ["src/source/HttpSource.ts"],
    rules: { "no-restricted-syntax": ["error", ...banned.filter((one) => !one.selector.includes("'fetch'"))] },
  },
  { files: ["vite.config.ts", "vite/**", "test/**", "**/*.test.ts"], languageOptions: { globals: { ...globals.node } } },
)
