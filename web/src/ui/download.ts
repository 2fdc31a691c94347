/** Hand a file to the person, from what the page holds. */
export function download(name: string, content: BlobPart, type = "text/csv"): void {
  const url = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }))
  const link = document.createElement("a")
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A file's name out of any title. */
export function fileName(title: string, ending: string): string {
  return `${title.replace(/\.[a-z]+$/i, "").replaceAll(/[^\p{L}\p{N}_-]+/gu, "-").replaceAll(/^-+|-+$/g, "") || "neuronaut"}.${ending}`
}
