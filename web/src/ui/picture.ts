/** Picture: what is on the page as an SVG that stands alone, read from where the browser put every box and word. */

import { vectorsOf } from "../render/svgPen"
import { headOf, type Line } from "./head"

export interface Picture {
  readonly text: string
  readonly width: number
  readonly height: number
  readonly background: string
}

const SVG = "http://www.w3.org/2000/svg"
const PAINTED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "paint-order", "text-anchor", "font-family", "font-size", "font-weight", "letter-spacing"]

/** Room that a head needs, and around the keys below. */
const [LEAST, MARGIN, BETWEEN] = [360, 16, 8]

/** Under `lines` the boxes, words, drawings and canvases of `host`, below them the keys to it; what carries data-unpictured stays out. */
export function pictureOf(host: HTMLElement, lines: readonly Line[], keys: Iterable<Element>): Picture {
  const box = host.getBoundingClientRect()
  const inside = Math.ceil(Math.max(box.height, host.scrollHeight))
  const width = Math.max(LEAST, Math.ceil(box.width))
  const root = document.createElementNS(SVG, "svg")
  const head = headOf(lines, width, host.closest(".nn-root")!)
  const above = head.getBoundingClientRect()
  walk(head, root, above)
  head.remove()
  // What is scrolled away is part of it.
  walk(host, root, new DOMRect(box.x - host.scrollLeft, box.y - host.scrollTop - above.height))
  const height = below([...keys].filter((key) => !host.contains(key)), root, width, Math.ceil(above.height + inside))
  set(root, { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` })
  const background = groundOf(host)
  root.prepend(rect(0, 0, width, height, { fill: background }))
  return { text: written(root), width, height, background }
}

/** Puts one key after the other, in rows; answers how far down they go. */
function below(keys: readonly Element[], root: Element, width: number, from: number): number {
  let [x, y, deep] = [MARGIN, from, 0]
  for (const key of keys) {
    const box = key.getBoundingClientRect()
    if (x > MARGIN && x + box.width > width - MARGIN) [x, y] = [MARGIN, y + deep + BETWEEN]
    walk(key, root, new DOMRect(box.x - x, box.y - y - BETWEEN))
    x += box.width + MARGIN
    deep = box.height
  }
  return keys.length > 0 ? Math.ceil(y + deep + 2 * BETWEEN) : from
}

/** As XML, which has no signs that steer a terminal and no halves of others. */
function written(root: Element): string {
  return new XMLSerializer().serializeToString(root).replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
}

/** The same as pixels, two for each. */
export async function pngOf({ text, width, height }: Picture): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = width * 2
  canvas.height = height * 2
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The browser could not draw it."))), "image/png"))
}

function walk(element: Element, into: Element, frame: DOMRect): void {
  const style = getComputedStyle(element)
  if (style.display === "none" || style.visibility === "hidden" || element.hasAttribute("data-unpictured") || element.classList.contains("nn-hidden")) return
  const box = element.getBoundingClientRect()
  const at = [box.x - frame.x, box.y - frame.y, box.width, box.height] as const
  const folded = element.parentElement instanceof HTMLDetailsElement && !element.parentElement.open && element.tagName !== "SUMMARY"
  if (folded) return
  if (element instanceof SVGSVGElement) return into.append(drawing(element, at[0], at[1]))
  const vectors = element instanceof HTMLCanvasElement ? vectorsOf(element) : null
  if (vectors) {
    vectors.setAttribute("transform", `translate(${at[0]} ${at[1]})`)
    return into.append(vectors)
  }
  if (element instanceof HTMLCanvasElement) {
    const image = document.createElementNS(SVG, "image")
    set(image, { x: at[0], y: at[1], width: at[2], height: at[3], href: element.toDataURL("image/png"), preserveAspectRatio: "none", "image-rendering": "pixelated" })
    return into.append(image)
  }
  ground(style, at, into)
  if (element instanceof HTMLSelectElement) return into.append(word(element.selectedOptions[0]?.text ?? "", at[0] + 6, at[1] + at[3] / 2 + 4, style))
  for (const child of element.childNodes) {
    if (child instanceof Element) walk(child, into, frame)
    else if (child.nodeType === Node.TEXT_NODE && child.textContent?.trim()) words(child as Text, style, into, frame)
  }
}

/** An SVG of the page with its looks written into it. */
function drawing(source: SVGSVGElement, x: number, y: number): Element {
  const copy = source.cloneNode(true) as SVGSVGElement
  const copies = [copy, ...copy.querySelectorAll("*")]
  for (const [place, one] of [source, ...source.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(one)
    copies[place]!.removeAttribute("class")
    set(copies[place]!, Object.fromEntries(PAINTED.map((name) => [name, style.getPropertyValue(name)])))
  }
  set(copy, { x, y, overflow: "visible" })
  return copy
}

function ground(style: CSSStyleDeclaration, [x, y, width, height]: readonly [number, number, number, number], into: Element): void {
  const line = Number.parseFloat(style.borderTopWidth)
  const first = /rgba?\([^)]*\)/.exec(style.backgroundImage)?.[0]
  const fill = style.backgroundColor !== "rgba(0, 0, 0, 0)" ? style.backgroundColor : (first ?? "none")
  const stroke = line > 0 && style.borderTopStyle !== "none" ? style.borderTopColor : "none"
  if ((fill === "none" && stroke === "none") || width === 0 || height === 0) return
  // A gradient of one pixel is a line in the middle.
  const thin = fill === first && style.backgroundSize.startsWith("1px")
  into.append(rect(thin ? x + width / 2 : x, y, thin ? 1 : width, height, { fill, stroke, rx: Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, height / 2) }))
}

/** Each line of a text where the browser broke it. */
function words(node: Text, style: CSSStyleDeclaration, into: Element, frame: DOMRect): void {
  const range = document.createRange()
  range.selectNodeContents(node)
  const boxes = [...range.getClientRects()].filter((box) => box.width > 0)
  const lines = broken(node, boxes)
  boxes.forEach((box, at) => {
    into.append(word(lines[at]!, box.x - frame.x, box.y - frame.y + box.height * 0.77, style))
  })
}

function word(content: string, x: number, y: number, style: CSSStyleDeclaration): Element {
  const text = document.createElementNS(SVG, "text")
  text.textContent = style.textTransform === "uppercase" ? content.toUpperCase() : content
  const font = { "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": style.fontWeight, "letter-spacing": style.letterSpacing }
  set(text, { x, y, fill: style.color, "xml:space": "preserve", ...font })
  return text
}

/** The text of each box; a space that takes no room is none. */
function broken(node: Text, boxes: readonly DOMRect[]): string[] {
  const lines = boxes.map(() => "")
  const range = document.createRange()
  for (let at = 0; at < node.length; at++) {
    range.setStart(node, at)
    range.setEnd(node, at + 1)
    const { y, width, height } = range.getBoundingClientRect()
    const line = boxes.findIndex((box) => y + height / 2 >= box.y && y + height / 2 <= box.y + box.height)
    const sign = node.data[at]!
    if (line >= 0 && (width > 0 || sign.trim())) lines[line] += sign.trim() || " "
  }
  return lines
}

function rect(x: number, y: number, width: number, height: number, more: Readonly<Record<string, string | number>>): Element {
  const one = document.createElementNS(SVG, "rect")
  set(one, { x, y, width, height, ...more })
  return one
}

function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 100) / 100) : value)
}

/** What shines through behind an element. */
function groundOf(element: Element): string {
  for (let one: Element | null = element; one; one = one.parentElement) {
    const { backgroundColor } = getComputedStyle(one)
    if (backgroundColor !== "rgba(0, 0, 0, 0)") return backgroundColor
  }
  return "none"
}
