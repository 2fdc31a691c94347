/** Svg pen: what the renderers draw, as SVG. It has the parts of a canvas' context that they use. */

const SVG = "http://www.w3.org/2000/svg"

/** How a canvas on the stage draws itself again. */
export const redraws = new WeakMap<HTMLCanvasElement, (ctx: CanvasRenderingContext2D) => void>()

/** The same drawing as vectors; null for a canvas that nobody can draw again. */
export function vectorsOf(canvas: HTMLCanvasElement): Element | null {
  const redraw = redraws.get(canvas)
  if (!redraw) return null
  const pen = new SvgPen()
  redraw(pen as unknown as CanvasRenderingContext2D)
  return pen.root
}

type Looks = readonly [string, string, number, number, string, Element]
let clips = 0

class SvgPen {
  fillStyle = "#000"
  strokeStyle = "#000"
  lineWidth = 1
  globalAlpha = 1
  lineCap = "butt"
  lineJoin = "miter"
  font = "10px sans-serif"
  textAlign = "start"
  textBaseline = "alphabetic"
  imageSmoothingEnabled = true
  readonly root: Element = document.createElementNS(SVG, "g")
  #into: Element = this.root
  #path = ""
  #dash = ""
  #at: readonly [number, number] = [0, 0]
  readonly #kept: Looks[] = []
  readonly #ruler = document.createElement("canvas").getContext("2d")!

  beginPath = () => void (this.#path = "")
  closePath = () => void (this.#path += "Z")
  moveTo = (x: number, y: number) => this.#go("M", x, y)
  lineTo = (x: number, y: number) => this.#go("L", x, y)
  bezierCurveTo = (a: number, b: number, c: number, d: number, x: number, y: number) => this.#go("C", a, b, c, d, x, y)
  setLineDash = (dash: readonly number[]) => void (this.#dash = dash.join(" "))
  setTransform = () => undefined
  clearRect = () => undefined

  rect(x: number, y: number, width: number, height: number): void {
    this.#path += `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`
  }

  arc(x: number, y: number, r: number, from: number, to: number, back = false): void {
    const turn = Math.abs(to - from)
    const point = (angle: number) => [x + r * Math.cos(angle), y + r * Math.sin(angle)] as const
    const [middle, end, sweep] = [point((from + to) / 2), point(to), back ? 0 : 1]
    const start = point(from)
    this.#go(this.#path === "" || turn >= 6.28 ? "M" : "L", ...start)
    for (const [px, py] of [middle, end]) this.#path += `A${short(r)} ${short(r)} 0 0 ${sweep} ${short(px)} ${short(py)}`
  }

  arcTo(x1: number, y1: number, x2: number, y2: number, r: number): void {
    const toward = (x: number, y: number) => {
      const far = Math.hypot(x - x1, y - y1) || 1
      const share = Math.min(r, far) / far
      return [x1 + (x - x1) * share, y1 + (y - y1) * share] as const
    }
    const [start, end] = [toward(...this.#at), toward(x2, y2)]
    this.#go("L", ...start)
    this.#go("Q", x1, y1, ...end)
  }

  fill(): void {
    this.#put("path", { d: this.#path, fill: this.fillStyle })
  }

  stroke(): void {
    const looks = { "stroke-width": short(this.lineWidth), "stroke-linecap": this.lineCap, "stroke-linejoin": this.lineJoin, ...(this.#dash ? { "stroke-dasharray": this.#dash } : {}) }
    this.#put("path", { d: this.#path, fill: "none", stroke: this.strokeStyle, ...looks })
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#put("rect", { x: short(x), y: short(y), width: short(width), height: short(height), fill: this.fillStyle })
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#put("rect", { x: short(x), y: short(y), width: short(width), height: short(height), fill: "none", stroke: this.strokeStyle, "stroke-width": short(this.lineWidth) })
  }

  fillText(text: string, x: number, y: number): void {
    const anchor = this.textAlign === "center" ? "middle" : this.textAlign === "right" || this.textAlign === "end" ? "end" : "start"
    const [, weight, size, family] = /^(\d+)? ?([\d.]+)px (.*)$/.exec(this.font) ?? []
    const middle = this.textBaseline === "middle" ? Number(size ?? 10) * 0.36 : 0
    this.#put("text", { x: short(x), y: short(y + middle), fill: this.fillStyle, "text-anchor": anchor, "font-weight": weight ?? "400", "font-size": `${size}px`, "font-family": family ?? "" }).textContent = text
  }

  measureText(text: string): TextMetrics {
    this.#ruler.font = this.font
    return this.#ruler.measureText(text)
  }

  drawImage(image: CanvasImageSource, ...at: number[]): void {
    const [sx, sy, sw, sh, x, y, width, height] = at as [number, number, number, number, number, number, number, number]
    const { canvas } = this.#ruler
    canvas.width = sw
    canvas.height = sh
    this.#ruler.drawImage(image, sx, sy, sw, sh, 0, 0, sw, sh)
    this.#put("image", { x: short(x), y: short(y), width: short(width), height: short(height), href: canvas.toDataURL("image/png"), "image-rendering": "pixelated" })
  }

  save(): void {
    this.#kept.push([this.fillStyle, this.strokeStyle, this.lineWidth, this.globalAlpha, this.#dash, this.#into])
  }

  restore(): void {
    const kept = this.#kept.pop()
    if (kept) [this.fillStyle, this.strokeStyle, this.lineWidth, this.globalAlpha, this.#dash, this.#into] = kept
  }

  clip(): void {
    const id = `clip${clips++}`
    const mask = this.#put("clipPath", { id })
    mask.append(made("path", { d: this.#path }))
    this.#into = this.#put("g", { "clip-path": `url(#${id})` })
  }

  #go(letter: string, ...numbers: number[]): void {
    this.#at = [numbers.at(-2)!, numbers.at(-1)!]
    this.#path += letter + numbers.map(short).join(" ")
  }

  #put(name: string, attributes: Readonly<Record<string, string>>): Element {
    const one = made(name, this.globalAlpha < 1 ? { ...attributes, opacity: short(this.globalAlpha) } : attributes)
    this.#into.append(one)
    return one
  }
}

function made(name: string, attributes: Readonly<Record<string, string>>): Element {
  const one = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value)
  return one
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100)
}
