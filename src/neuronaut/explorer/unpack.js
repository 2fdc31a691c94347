// What the build packed: gzip in the text of 91 signs that the data have too (text.py).
const unpack = async (signs, length) => {
  const count = (at) => {
    const code = signs.charCodeAt(at)
    return code - 33 - (code > 38) - (code > 60) - (code > 62)
  }
  const bytes = new Uint8Array(length)
  let place = 0
  let bits = 0
  let word = 0
  for (let at = 0; at < signs.length; at += 2) {
    word |= (count(at) * 91 + count(at + 1)) << bits
    for (bits += 13; bits >= 8; bits -= 8) {
      bytes[place++] = word
      word >>>= 8
    }
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
  return new Response(stream).text()
}
