// Unpacks the app: gzip in base64, a third of its size. The page's policy names the hashes of what comes out, so nothing else can.
;(async () => {
  const read = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (sign) => sign.charCodeAt(0))
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
    return new Response(stream).text()
  }
  const add = (tag, text) => {
    const element = document.createElement(tag)
    element.textContent = text
    document.head.append(element)
  }
  add("style", await read("nn-style"))
  add("script", await read("nn-app"))
})().catch((problem) => {
  document.getElementById("app").textContent = `This page cannot be shown: ${problem.message}`
})
