import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { compile } from "svelte/compiler"
import { describe, expect, it } from "vitest"
import { each, if_block, rising } from "./blocks"
import * as client from "./client"
import { branch, destroy, effect, flush, render } from "./effects"
import { derived, get, set, state, untrack, type Signal } from "./signals"
import { build, comment, append } from "./template"

const HTML = "http://www.w3.org/1999/xhtml"

function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
}

describe("signals", () => {
  it("work out a derived value once for many changes, and only when somebody asks", () => {
    let runs = 0
    const one = state(1)
    const twice = derived(() => (runs++, get(one) * 2))
    set(one, 2)
    set(one, 3)
    expect([get(twice), get(twice), runs]).toEqual([6, 6, 1])
  })

  it("do not run an effect again when a derived value stayed the same", () => {
    const seen: boolean[] = []
    const n = state(1)
    const even = derived(() => get(n) % 2 === 0)
    branch(() => void render(() => void seen.push(get(even))))
    for (const next of [3, 5, 4, 6]) {
      set(n, next)
      flush()
    }
    expect(seen).toEqual([false, true])
  })

  it("forget what was not read the last time", () => {
    let runs = 0
    const [which, a, b] = [state(true), state("a"), state("b")]
    const chosen = derived(() => (get(which) ? get(a) : get(b)))
    const root = branch(() => void render(() => (runs++, void get(chosen))))
    set(which, false)
    flush()
    set(a, "other")
    flush()
    expect(runs).toBe(2)
    expect([a.readers.size, b.readers.size]).toEqual([0, 1])
    destroy(root)
    expect([b.readers.size, which.readers.size]).toEqual([0, 0])
  })

  it("show every effect what a fresh calculation gives, whatever was written", () => {
    const next = random(7)
    const states = Array.from({ length: 6 }, (_, at) => state(at))
    const all: Signal<number>[] = [...states]
    for (let at = 0; at < 30; at++) {
      const [one, other] = [all[next(all.length)]!, all[next(all.length)]!]
      all.push(derived(() => (get(one) % 3 === 0 ? get(one) : get(one) + get(other)) % 97))
    }
    const shown = new Map<number, number>()
    branch(() => all.slice(20).forEach((signal, at) => render(() => void shown.set(at, get(signal)))))
    for (let round = 0; round < 300; round++) {
      for (let writes = next(4); writes >= 0; writes--) set(states[next(6)]!, next(50))
      if (next(3) === 0) all.slice(6).forEach((signal) => get(signal))
      flush()
      const fresh = states.map((signal) => state(signal.value))
      const again: Signal<number>[] = [...fresh]
      const repeat = random(7)
      for (let at = 0; at < 30; at++) {
        const [one, other] = [again[repeat(again.length)]!, again[repeat(again.length)]!]
        again.push(derived(() => (get(one) % 3 === 0 ? get(one) : get(one) + get(other)) % 97))
      }
      expect([...shown.values()]).toEqual(again.slice(20).map((signal) => get(signal)))
    }
  })
})

describe("effects", () => {
  it("run from above to below, so that a part that goes never sees what it was made for missing", () => {
    const chosen = state<{ name: string } | null>({ name: "one" })
    const host = document.createElement("div")
    const anchor = host.appendChild(document.createComment(""))
    const seen: string[] = []
    branch(() =>
      if_block(anchor, (show) => {
        if (get(chosen)) show(() => void render(() => void seen.push(get(chosen)!.name)))
      }),
    )
    set(chosen, { name: "two" })
    flush()
    set(chosen, null)
    flush()
    expect(seen).toEqual(["one", "two"])
  })

  it("run again when they write what they read, until it stays", () => {
    const n = state(0)
    branch(() => void effect(() => void (get(n) < 5 && set(n, untrack(() => get(n)) + 1))))
    flush()
    expect(n.value).toBe(5)
  })

  it("end with what they were made in, each with its last answer", () => {
    const ended: string[] = []
    const n = state(1)
    const root = branch(() => void effect(() => ((value) => () => void ended.push(`end of ${value}`))(get(n))))
    flush()
    set(n, 2)
    flush()
    destroy(root)
    set(n, 3)
    flush()
    expect(ended).toEqual(["end of 1", "end of 2"])
  })
})

describe("lists", () => {
  it("follow any change of order, keeping the elements of what stays", () => {
    const next = random(3)
    const list = state<string[]>([..."abcdef"])
    const host = document.createElement("div")
    branch(() =>
      each(host, 1 | 2 | 4, () => get(list), String, (anchor, value, index) => {
        const fragment = comment()
        const node = document.createElement("b")
        fragment.append(node)
        render(() => void (node.textContent = `${get(index as Signal<number>)}${get(value as Signal<string>)}`))
        fragment.append(fragment.firstChild!.nextSibling!)
        append(anchor, fragment)
      }),
    )
    let before = new Map<string, Element>()
    for (let round = 0; round < 200; round++) {
      expect(host.textContent).toBe(list.value.map((name, at) => `${at}${name}`).join(""))
      const now = new Map(list.value.map((name, at) => [name, host.children[at]!]))
      for (const [name, element] of now) if (before.has(name)) expect(element).toBe(before.get(name))
      before = now
      const names = [..."abcdefghij"].filter(() => next(3) > 0)
      for (let at = names.length - 1; at > 0; at--) {
        const other = next(at + 1)
        ;[names[at], names[other]] = [names[other]!, names[at]!]
      }
      set(list, names)
      flush()
    }
  })

  it("leave the longest run of entries where it stands", () => {
    expect([...rising([3, 0, 1, 2])].sort()).toEqual([0, 1, 2])
    expect([...rising([1, 2, 3, 0])].sort()).toEqual([1, 2, 3])
    expect(rising([]).size).toBe(0)
  })
})

const components = execFileSync("find", ["src", "-name", "*.svelte"], { encoding: "utf8" }).trim().split("\n")
const compiled = components.map((path) => compile(readFileSync(path, "utf8"), { filename: path, generate: "client" }).js.code).join("\n")

describe("what the compiler writes", () => {
  it("asks for nothing that this runtime has not", () => {
    const asked = new Set([...compiled.matchAll(/\$\.(\w+)/g)].map((found) => found[1]!))
    expect([...asked].filter((name) => !(name in client))).toEqual([])
  })

  it("becomes the elements that a browser's parser makes of it", () => {
    const templates = [...compiled.matchAll(/\$\.from_html\(`([^`]*)`/g)].map((found) => found[1]!)
    expect(templates.length).toBeGreaterThan(200)
    // Fixed markup of the components, parsed for comparison only.
    /* eslint-disable no-restricted-syntax */
    for (const markup of templates) {
      const parsed = document.createElement("template")
      parsed.innerHTML = markup.replaceAll("<!>", "<!---->")
      const made = document.createElement("template")
      made.content.append(build(markup, HTML))
      expect(made.innerHTML).toBe(parsed.innerHTML)
    }
  })

  it("holds no deep state: what a state holds is replaced", () => {
    expect(compiled.match(/\$\.proxy\((?!untrack\()/g)).toBeNull()
  })
})
