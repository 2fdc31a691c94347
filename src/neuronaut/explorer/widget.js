const address = URL.createObjectURL(new Blob([await unpack(PACKED, LENGTH)], { type: "text/javascript" }))
const { default: widget } = await import(address)
URL.revokeObjectURL(address)
export default widget
