/** The fixed parts of a component's markup, made without any parser of the browser: no text of data can become markup. */

import { own } from "./effects"

const SVG = "http://www.w3.org/2000/svg"
const HTML = "http://www.w3.org/1999/xhtml"
const TOKEN = /<!>|<\/[^>]*>|<([\w-]+)((?:\s+[^\s=>/]+(?:="[^"]*")?)*)\s*(\/?)>|[^<]+/g
const ATTRIBUTE = /([^\s=]+)(?:="([^"]*)")?/g
const ENTITIES: Readonly<Record<string, string>> = { nbsp: "\u00a0", ensp: "\u2002", amp: "&", lt: "<", gt: ">", quot: '"' }

const plain = (text: string): string => text.replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)

/** What Svelte's compiler writes: well-formed, with double quotes, `<!>` where something will stand. */
export function build(markup: string, namespace: string): DocumentFragment {
  const fragment = document.createDocumentFragment()
  let at: DocumentFragment | Element = fragment
  for (const [token, name, attributes, alone] of markup.matchAll(TOKEN)) {
    if (token === "<!>") at.append(document.createComment(""))
    else if (name) {
      const within: string | null = name === "svg" ? SVG : "namespaceURI" in at ? at.namespaceURI : namespace
      const element: Element = document.createElementNS(within, name)
      for (const [, key, value] of attributes!.matchAll(ATTRIBUTE)) element.setAttribute(key!, plain(value ?? ""))
      at.append(element)
      if (!alone) at = element
    } else if (token.startsWith("<")) at = at.parentNode as Element
    else at.append(plain(token))
  }
  return fragment
}

/** Something fixed stands first, so that a branch has a first node that stays. */
function template(markup: string, flags: number, namespace: string): () => Node {
  let made: Node | undefined
  return () => {
    if (!made) {
      const fragment = build(markup.startsWith("<!>") ? `<!>${markup}` : markup, namespace)
      made = flags ? fragment : fragment.firstChild!
    }
    const copy = made.cloneNode(true) as ChildNode
    if (flags) own(copy.firstChild!, copy.lastChild!)
    else own(copy, copy)
    return copy
  }
}

/* @__NO_SIDE_EFFECTS__ */
export const from_html = (markup: string, flags = 0): (() => Node) => template(markup, flags, HTML)
/* @__NO_SIDE_EFFECTS__ */
export const from_svg = (markup: string, flags = 0): (() => Node) => template(markup, flags, SVG)

export function text(value: unknown = ""): Text {
  const node = document.createTextNode(String(value))
  own(node, node)
  return node
}

export function comment(): DocumentFragment {
  const fragment = document.createDocumentFragment()
  const [start, end] = [document.createComment(""), document.createTextNode("")]
  fragment.append(start, end)
  own(start, end)
  return fragment
}

export const append = (anchor: ChildNode, node: Node): void => anchor.before(node)

export const child = (node: Node): Node | null => node.firstChild
export const only_child = child

export function first_child(node: Node): Node | null {
  const first = node.firstChild
  return first instanceof Comment && first.data === "" ? first.nextSibling : first
}

export function sibling(node: Node, count = 1): Node {
  while (count--) node = node.nextSibling!
  return node
}

export function set_text(node: Text, value: unknown): void {
  const now = String(value ?? "")
  if (node.nodeValue !== now) node.nodeValue = now
}
