import type { BlobCard } from "../contract/manifest"

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array

/** A blob's bytes as numbers; f16 becomes Float32Array. */
export function typed(card: Pick<BlobCard, "dtype">, buffer: ArrayBuffer): TypedArray {
  switch (card.dtype) {
    case "u8":
      return new Uint8Array(buffer)
    case "i8":
      return new Int8Array(buffer)
    case "u16":
      return new Uint16Array(buffer)
    case "i16":
      return new Int16Array(buffer)
    case "u32":
      return new Uint32Array(buffer)
    case "i32":
      return new Int32Array(buffer)
    case "f16":
      return fromHalf(new Uint16Array(buffer))
    case "f32":
      return new Float32Array(buffer)
    case "f64":
      return new Float64Array(buffer)
  }
}

/** IEEE 754 binary16 to numbers. */
export function fromHalf(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    const size =
      exponent === 31
        ? fraction
          ? NaN
          : Infinity
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15)
    values[i] = half & 0x8000 ? -size : size
  }
  return values
}
