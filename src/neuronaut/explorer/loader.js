// Unpacks the manifest and the app. The page's policy names the hashes of what comes out, so nothing else can.
;(async () => {
  const read = (id) => {
    const held = document.getElementById(id)
    return unpack(held.textContent, +held.dataset.bytes)
  }
  const data = document.getElementById("nn-manifest")
  if (data) data.textContent = await read("nn-manifest")
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
