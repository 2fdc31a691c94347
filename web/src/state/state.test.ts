// @vitest-environment node
import { describe, expect, it } from "vitest"
import { formatAddress, parseAddress } from "./address"
import { COMMANDS, commandFor } from "./commands"
import { createState, type Host } from "./state"
import { decodeView, encodeView, MAX_LINK, MAX_PINS } from "./url"
import { DEFAULT_VIEW, type View } from "./view"

const known = {
  layers: new Map([
    ["0", { units: 32 }],
    ["fc:1", { units: 4 }],
    ["fc", { units: 9 }],
    ["__proto__", { units: 2 }],
    ["empty", { units: 0 }],
  ]),
}
const decode = (hash: string, base = DEFAULT_VIEW) => decodeView(hash, base, known)

/** A window whose timers run when told, with a history like a browser's. */
function fakeWindow(start = "") {
  const entries = [start]
  let at = 0
  const timers = new Set<() => void>()
  const listeners = new Set<() => void>()
  const host: Host = {
    hash: () => entries[at]!,
    push: (hash) => void entries.splice(++at, Infinity, hash),
    replace: (hash) => void (entries[at] = hash),
    onNavigate: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    after: (_, run) => (timers.add(run), () => timers.delete(run)),
  }
  return {
    host,
    entries,
    later: () => [...timers].forEach((run) => (timers.delete(run), run())),
    back: () => (at--, listeners.forEach((listener) => listener())),
  }
}

describe("link", () => {
  it("says nothing that is the page's default", () => {
    expect(encodeView(DEFAULT_VIEW, DEFAULT_VIEW)).toBe("#/network")
  })

  it("holds any text, half a sign as U+FFFD", () => {
    const text = "\ud83d half 🚢 \udea2"
    const view: View = { ...DEFAULT_VIEW, col: "ab", a: text, b: text, at: text, sel: text, pins: [text], open: [text], slices: [`${text}\tage < 16`], own: { box: text } }
    const link = encodeView(view, DEFAULT_VIEW)
    const held = "%EF%BF%BD%20half%20%F0%9F%9A%A2%20%EF%BF%BD"
    expect(link).toBe(`#/network?${["at", "a", "b", "sel", "pin", "open"].map((key) => `${key}=${held}`).join("&")}&slice=${held}%09age%20%3C%2016&box=${held}`)
    expect(decode(link).view.slices).toEqual(["\ufffd half 🚢 \ufffd\tage < 16"])
  })

  it("writes the link that Python writes", () => {
    const view: View = { ...DEFAULT_VIEW, a: "sex == 'female'", sel: "0:11" }
    expect(encodeView(view, DEFAULT_VIEW)).toBe("#/network?a=sex%20%3D%3D%20'female'&sel=0%3A11")
  })

  const views: Partial<View>[] = [
    {},
    { a: "age > 30 & % = ? # + \" ' \n", b: "`naïve 🚢` == \"</script>\"" },
    { sel: "__proto__:1", col: "ab", edges: "all", blend: "purple", theme: "light" },
    { sel: "fc", edges: "none", col: "signed", theme: "dark", cam: { x: -12.5, y: 0.25, z: 1.75 } },
    { ord: "crossings", col: "health", pins: ["0:3", "fc:1:2", "__proto__:0"], most: 64, table: true, max: true },
    { ord: "class", col: "selectivity" },
    { route: "sample", at: "812" },
    { route: "slices", slices: ["the young\tage < 16", "x & y\tname == \"&\t#\""] },
    { route: "neuron", at: "fc:1:2", a: "age > 3" },
    { route: "samples", own: { sort: "a & b = c", desc: "1", empty: "" } },
    { ranked: true, own: { order: "-q", of: "fc:1", held: "1" }, table: true },
    { col: "selectivity", classes: "a column & its = name" },
    { sel: "0:3", map: true, open: ["0:3", "fc:1:2"], most: 16 },
    { route: "live", a: "age < 40", table: true, own: { row: "4", inputs: "0.25 -1e-9", edits: "0:2*0\n0:3*0", how: "zero", measured: "k3jz9", sorted: "-change" } },
  ]
  it.each(views)("comes back as it was: %j", (change) => {
    const view = { ...DEFAULT_VIEW, ...change }
    const { view: found, messages } = decode(encodeView(view, DEFAULT_VIEW))
    expect(found).toEqual(view)
    expect(messages).toEqual([])
  })

  it("with two groups A against B is what is coloured, unless the link says otherwise", () => {
    expect(decode("#/network?a=x&b=y").view.col).toBe("ab")
    expect(decode("#/network?a=x&b=y&col=abs").view.col).toBe("abs")
    expect(decode("#/network?a=x").view.col).toBe("abs")
    expect(encodeView({ ...DEFAULT_VIEW, a: "x", b: "y", col: "ab" }, DEFAULT_VIEW)).toBe("#/network?a=x&b=y")
    const signed = { ...DEFAULT_VIEW, col: "signed" } as const
    expect(decode("#/network?a=x&b=y", signed).view.col).toBe("signed")
  })

  it("says a colouring so that it comes back, whatever the groups and the page's first view", () => {
    const groups = [null, "x", "y"]
    const colours = ["signed", "abs", "ab", "health", "selectivity"] as const
    const states = groups.flatMap((a) => groups.flatMap((b) => colours.map((col) => ({ ...DEFAULT_VIEW, a, b, col }))))
    for (const base of states) {
      expect(encodeView(base, base)).toBe("#/network")
      for (const view of states) expect(decode(encodeView(view, base), base).view).toEqual(view)
    }
  })

  it("what a view keeps for itself never takes the place of what all views know", () => {
    const { view } = decode("#/samples?a=x&sort=age&__proto__=1&constructor=2&UP=3")
    expect([view.a, view.own]).toEqual(["x", { sort: "age", constructor: "2" }])
    expect(decode("#/network?sort=age&cam=1,2,3&ranked=1&class=x&map=1&open=0%3A1").view.own).toEqual({ sort: "age" })
  })

  it("can say that a default filter is not set", () => {
    const base = { ...DEFAULT_VIEW, a: "survived == 'yes'" }
    const link = encodeView({ ...base, a: null }, base)
    expect(link).toBe("#/network?a=")
    expect(decode(link, base).view.a).toBeNull()
    expect(decode("#/network", base).view.a).toBe("survived == 'yes'")
  })

  it.each([
    ["an unknown layer", "#/network?sel=nothere%3A3", { sel: null }, "nothere"],
    ["a unit that is not there", "#/network?sel=0%3A99", { sel: "0:31" }, "32 units"],
    ["a unit of a layer without units", "#/network?sel=empty%3A0", { sel: "empty" }, "0 units"],
    ["an unknown colouring", "#/network?col=rainbow", { col: "abs" }, "signed, abs, ab"],
    ["an unknown order", "#/network?ord=beauty", { ord: "index" }, "index, crossings"],
    ["a pin that is not there", "#/network?pin=gone%3A1&pin=0%3A2", { pins: ["0:2"] }, "gone:1"],
    ["an unknown view", "#/holograms?a=age%20%3E%203", { a: "age > 3" }, "holograms"],
  ])("%s gives a message and the nearest valid state", (_, hash, part, message) => {
    const { view, messages } = decode(hash)
    expect(view).toMatchObject(part)
    expect(messages).toHaveLength(1)
    expect(messages[0]).toContain(message)
  })

  it.each(["", "#", "#/", "#/network?", "#/network?&&=&a", "#/network?a=%E0%A4%A", "#/network?cam=1,2", "#/network?cam=a,b,c", "#/network?__proto__=1", "#/network?constructor=x&unknown=1"])(
    "survives %j",
    (hash) => {
      const { view } = decode(hash)
      expect(Object.keys(view)).toEqual(Object.keys(DEFAULT_VIEW))
      expect(view.cam).toBeNull()
    },
  )

  it("holds so many pins and no more, each once, and only of units", () => {
    const many = Array.from({ length: 30 }, (_, unit) => `pin=0%3A${unit}`).join("&")
    expect(decode(`#/network?pin=0&pin=0%3A1&pin=0%3A1&${many}`).view.pins).toHaveLength(MAX_PINS)
    expect(decode("#/network?pin=0&pin=0%3A1&pin=0%3A1").view.pins).toEqual(["0:1"])
  })

  it("holds every part of a view: one that is forgotten here is lost in every link", () => {
    const other: View = {
      route: "neuron", at: "0:1", own: { by: "slices" }, a: "x", b: "y", sel: "0:2", slices: ["name\tx > 3"], pins: ["0:3"], open: ["0:4"],
      col: "ab", ord: "rate", edges: "all", blend: "purple", theme: "light", cam: { x: 1, y: 2, z: 3 }, most: 64, table: true, max: true, ranked: true, map: true, classes: "c",
    }
    for (const key of Object.keys(DEFAULT_VIEW) as (keyof View)[]) {
      expect(other[key], key).not.toEqual(DEFAULT_VIEW[key])
      const view = { ...DEFAULT_VIEW, [key]: other[key] }
      expect(decode(encodeView(view, DEFAULT_VIEW)).view, key).toEqual(view)
    }
  })

  it("opens no more groups than it may, each once, and only those of units", () => {
    const many = Array.from({ length: 60 }, (_, unit) => `open=0%3A${unit % 32}`).join("&")
    expect(decode(`#/network?${many}`).view.open).toHaveLength(24)
    expect(decode("#/network?open=0&open=0%3A1&open=0%3A1").view.open).toEqual(["0:1"])
  })

  it.each(["", "x", "0", "-5", "3.5", "1e9"])("units=%s leaves the usual number", (text) => {
    expect(decode(`#/network?units=${text}`).view.most).toBe(DEFAULT_VIEW.most)
  })

  it("takes + for a space, as links from elsewhere write it", () => {
    expect(decode("#/network?a=age+%3E+3").view.a).toBe("age > 3")
  })
})

describe("state", () => {
  it("starts at the window's link and tells what it could not follow", () => {
    const state = createState(DEFAULT_VIEW, known, fakeWindow("#/network?col=ab&sel=gone").host)
    expect(state.view.col).toBe("ab")
    expect(state.takeMessages()).toHaveLength(1)
    expect(state.takeMessages()).toHaveLength(0)
  })

  it("Back returns over discrete changes", () => {
    const window = fakeWindow()
    const state = createState(DEFAULT_VIEW, known, window.host)
    state.update({ sel: "0:3" })
    state.update({ sel: "0:4" })
    window.back()
    expect(state.view.sel).toBe("0:3")
    window.back()
    expect(state.view.sel).toBeNull()
  })

  it("continuous changes are written once, later, without a new entry", () => {
    const window = fakeWindow("#/network")
    const state = createState(DEFAULT_VIEW, known, window.host)
    for (const zoom of [1, 2, 3]) state.update({ cam: { x: 0, y: 0, z: zoom } }, true)
    expect(window.entries).toEqual(["#/network"])
    window.later()
    expect(window.entries).toEqual(["#/network?cam=0%2C0%2C3"])
  })

  it("a discrete change keeps the continuous one before it in its own entry", () => {
    const window = fakeWindow("#/network")
    const state = createState(DEFAULT_VIEW, known, window.host)
    state.update({ a: "age > 3" }, true)
    state.update({ sel: "0:3" })
    window.back()
    expect([state.view.a, state.view.sel]).toEqual(["age > 3", null])
  })

  it("tells listeners once per change, with what was before; nothing when nothing changed", () => {
    const state = createState(DEFAULT_VIEW, known, fakeWindow().host)
    const told: string[] = []
    const stop = state.subscribe((view, previous) => told.push(`${previous.col} ${view.col}`))
    state.update({ col: "ab" })
    state.update({ col: "ab" })
    stop()
    state.update({ col: "abs" })
    expect(told).toEqual(["abs ab"])
  })

  it("a link to share leaves the theme to its reader", () => {
    const state = createState(DEFAULT_VIEW, known, fakeWindow("#/network?theme=light&sel=0%3A3").host)
    expect(state.view.theme).toBe("light")
    expect(state.link().hash).toBe("#/network?sel=0%3A3")
  })

  it("is frozen", () => {
    const state = createState(DEFAULT_VIEW, known, fakeWindow().host)
    state.update({ col: "ab" })
    expect(Object.isFrozen(state.view)).toBe(true)
  })

  it("keeps a view too long for a link to itself, and says so", () => {
    const window = fakeWindow("#/network")
    const state = createState(DEFAULT_VIEW, known, window.host)
    state.update({ a: `name == "${"x".repeat(MAX_LINK)}"` })
    expect(window.entries.every((entry) => entry.length <= MAX_LINK)).toBe(true)
    expect(state.view.a?.length).toBeGreaterThan(MAX_LINK)
    expect(state.link().short).toBe(false)
  })

  it("forgets pending changes when the user navigates", () => {
    const window = fakeWindow("#/network")
    const state = createState(DEFAULT_VIEW, known, window.host)
    state.update({ sel: "0:1" })
    state.update({ a: "age > 3" }, true)
    window.back()
    window.later()
    expect(state.view.a).toBeNull()
    expect(window.entries[0]).toBe("#/network")
  })
})

describe("address", () => {
  it("an exact layer name wins over the last colon", () => {
    expect(parseAddress("fc:1", known.layers)).toEqual({ layer: "fc:1", site: "post", unit: null, position: null })
    expect(parseAddress("fc:1:2", known.layers)).toMatchObject({ layer: "fc:1", unit: 2 })
    expect(parseAddress("fc:3", known.layers)).toMatchObject({ layer: "fc", unit: 3 })
  })

  it("reads site and position", () => {
    expect(parseAddress("fc.pre:3@7,9", known.layers)).toEqual({ layer: "fc", site: "pre", unit: 3, position: [7, 9] })
  })

  it("names no layer by accident", () => {
    for (const text of ["", ":", "fc:-1", "toString:0", "fc:1e3", "gone"]) expect(parseAddress(text, known.layers)).toBeNull()
  })

  it("writes what it reads", () => {
    expect(formatAddress("fc:1", 2)).toBe("fc:1:2")
    expect(formatAddress("fc", null)).toBe("fc")
  })
})

describe("commands", () => {
  it("no two commands share a key, and every command has a label", () => {
    const keys = COMMANDS.flatMap((command) => command.keys)
    expect(new Set(keys).size).toBe(keys.length)
    for (const command of COMMANDS) expect(command.label).not.toBe("")
  })

  it.each([
    [{ key: "ArrowRight" }, "right"],
    [{ key: "ArrowRight", shiftKey: true }, "right-strongest"],
    [{ key: "P", shiftKey: true }, "pin"],
    [{ key: "?", shiftKey: true }, "help"],
    [{ key: "+", shiftKey: true }, "zoom-in"],
    [{ key: "k", ctrlKey: true }, "jump"],
    [{ key: "k", metaKey: true }, "jump"],
    [{ key: "/" }, "jump"],
    [{ key: "a", ctrlKey: true }, null],
    [{ key: "d", altKey: true }, null],
    [{ key: "a", isComposing: true }, null],
    [{ key: "z" }, null],
  ] as const)("%j is %s", (event, command) => {
    expect(commandFor(event, false)).toBe(command)
  })

  it("letters stay letters while text is edited; Escape and Ctrl K do not", () => {
    expect(["a", "/", "ArrowLeft", "Enter"].map((key) => commandFor({ key }, true))).toEqual([null, null, null, null])
    expect(commandFor({ key: "Escape" }, true)).toBe("escape")
    expect(commandFor({ key: "k", ctrlKey: true }, true)).toBe("jump")
  })
})
