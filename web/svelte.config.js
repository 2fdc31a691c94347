/** Short class hashes: the app stands uncompressed in every page. */
export default {
  compilerOptions: {
    cssHash: ({ hash, css }) => `n${hash(css).slice(0, 4)}`,
  },
}
