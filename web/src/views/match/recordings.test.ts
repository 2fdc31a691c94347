import { describe, expect, it } from "vitest"
import type { ServedRecording } from "../../source/DataSource"
import { addressOf, askedIn, namesOf, ofAnother } from "./recordings"

const one = (id: string, title: string): ServedRecording => ({ id, title, samples: 1, sequence: 1, writable: false })

describe("the recording in the page's address", () => {
  it.each(["0a1b", "../../etc/passwd", "a&b=c#d", "</script>", "\u202e"])("lands again: %s", (id) => {
    const address = addressOf(id, "#/network?sel=0%3A1")
    expect(address.endsWith("#/network?sel=0%3A1")).toBe(true)
    expect(askedIn(address.slice(0, address.indexOf("#")))).toBe(id)
  })

  it("is none without a name", () => {
    expect(askedIn("")).toBeNull()
    expect(askedIn("?t=abc")).toBeNull()
  })

  it("keeps the view, not the units of the first network", () => {
    expect(ofAnother("#/network?at=0%3A1&a=age%20%3E%203&sel=7%3A53&pin=0%3A1&pin=0%3A2&open=0%3A4&cam=1,2,3&col=ab")).toBe("#/network?a=age%20%3E%203&col=ab")
    expect([ofAnother("#/neuron?at=3%3A4"), ofAnother("#/layers"), ofAnother("")]).toEqual(["#/neuron", "#/layers", ""])
  })

  it("is told apart from another of the same name", () => {
    const names = namesOf([one("aaaaaaaa1", "titanic.naut"), one("bbbbbbbb2", "titanic.naut"), one("c", "other.naut")])
    expect([...names.values()]).toEqual(["titanic.naut (aaaaaa)", "titanic.naut (bbbbbb)", "other.naut"])
  })
})
