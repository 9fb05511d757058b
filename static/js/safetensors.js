/**
 * Reads the safetensors layout: 8 bytes with the header's length, a JSON header, the columns one after the
 * other. Columns are views of the response's memory, not copies, wherever their place allows it.
 */

/** @typedef {Uint8Array | Uint16Array | Uint32Array} Column */

/** @type {Record<string, typeof Uint8Array | typeof Uint16Array | typeof Uint32Array>} */
const ARRAYS = { U8: Uint8Array, U16: Uint16Array, U32: Uint32Array };

/**
 * @param {ArrayBuffer} buffer
 * @returns {{columns: Record<string, Column>, info: any}} info: the parsed `info` of the header's metadata
 */
export function parseSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const { __metadata__: metadata, ...tensors } = header;
  /** @type {Record<string, Column>} */
  const columns = {};
  for (const [
    name,
    {
      dtype,
      data_offsets: [from, to],
    },
  ] of Object.entries(tensors)) {
    const Type = ARRAYS[dtype];
    if (!Type) throw new Error(`Column ${name} is of type ${dtype}, which the page does not read.`);
    const start = 8 + length + from;
    columns[name] =
      start % Type.BYTES_PER_ELEMENT === 0
        ? new Type(buffer, start, (to - from) / Type.BYTES_PER_ELEMENT)
        : new Type(buffer.slice(start, 8 + length + to));
  }
  return { columns, info: JSON.parse(metadata.info) };
}
