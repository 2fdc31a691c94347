import { FORMAT, VERSION, shapes, type Manifest, type Shape } from "./manifest"

/** A manifest that cannot be read; the message says what is wrong and where. */
export class ManifestError extends Error {
  override name = "ManifestError"
}

/**
 * Read a manifest that came from outside. Returns a fresh copy: unknown keys are dropped, and maps have no prototype, so
 * that a layer called `constructor` is only ever a key.
 */
export function readManifest(value: unknown): Manifest {
  if (!isRecord(value) || value["format"] !== FORMAT) {
    throw new ManifestError(`these data are not a ${FORMAT} manifest`)
  }
  if (value["version"] !== VERSION) {
    throw new ManifestError(
      `this page reads version ${VERSION} of ${FORMAT}; the data are version ${JSON.stringify(value["version"])}. ` +
        "Export the recording again with the Neuronaut that wrote it.",
    )
  }
  const manifest = read(value, { ref: "Manifest" }, "manifest") as Manifest
  checkBlobs(manifest)
  return manifest
}

function read(value: unknown, shape: Shape, path: string): unknown {
  if (typeof shape === "string") return scalar(value, shape, path)
  if ("ref" in shape) return read(value, definition(shape.ref), path)
  if ("nullable" in shape) return value === null || value === undefined ? null : read(value, shape.nullable, path)
  if ("oneOf" in shape) {
    if (shape.oneOf.includes(value as string | number)) return value
    throw expected(path, `one of ${shape.oneOf.join(", ")}`, value)
  }
  if ("list" in shape) {
    if (!Array.isArray(value)) throw expected(path, "a list", value)
    return value.map((item: unknown, index) => read(item, shape.list, `${path}[${index}]`))
  }
  if (!isRecord(value)) throw expected(path, "an object", value)
  const copy = Object.create(null) as Record<string, unknown>
  const wanted: [string, Shape][] =
    "map" in shape ? Object.keys(value).map((key) => [key, shape.map]) : Object.entries(shape.fields)
  for (const [key, inner] of wanted) {
    copy[key] = read(Object.hasOwn(value, key) ? value[key] : undefined, inner, `${path}.${key}`)
  }
  return copy
}

function scalar(value: unknown, shape: "string" | "number" | "integer" | "boolean", path: string): unknown {
  const good = shape === "integer" ? Number.isSafeInteger(value) && (value as number) >= 0 : typeof value === shape
  if (!good) throw expected(path, shape === "integer" ? "a whole number" : `a ${shape}`, value)
  return value
}

function definition(name: string): Shape {
  const shape = shapes[name]
  if (!shape) throw new ManifestError(`the contract has no ${name}`)
  return shape
}

function checkBlobs(manifest: Manifest): void {
  for (const [id, blob] of Object.entries(manifest.blobs)) {
    const block = manifest.blocks[blob.block]
    if (!block) throw new ManifestError(`array ${id} lies in block ${blob.block}, which is not here`)
    if (blob.offset + byteLength(blob) > block.raw) {
      throw new ManifestError(`array ${id} reaches beyond the end of block ${blob.block}`)
    }
  }
}

const WIDTH = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f16: 2, f32: 4, f64: 8 } as const

export function byteLength(blob: Manifest["blobs"][string]): number {
  return blob.shape.reduce((product, size) => product * size, 1) * WIDTH[blob.dtype]
}

function expected(path: string, what: string, value: unknown): ManifestError {
  const seen = JSON.stringify(value) ?? "nothing"
  return new ManifestError(`${path}: expected ${what}, found ${seen.length > 60 ? `${seen.slice(0, 60)}…` : seen}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
