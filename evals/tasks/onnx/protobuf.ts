/** One field of a Protocol Buffers message: a varint or fixed-width number, or the bytes of anything longer. */
export interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * The fields of an encoded message, in order of occurrence (Protocol Buffers encoding, wire types 0, 1, 2 and 5).
 * Varints are read as 64-bit two's complement and must be safe integers.
 *
 * @throws Error where the bytes are not such a message
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const position = { at: 0 };
  while (position.at < bytes.length) {
    const key = readVarint(bytes, position);
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: readVarint(bytes, position) };
        break;
      case 1:
        yield { number, value: view.getFloat64(position.at, true) };
        position.at += 8;
        break;
      case 2: {
        const length = readVarint(bytes, position);
        if (position.at + length > bytes.length) throw new Error("A message ends before one of its fields does.");
        yield { number, value: bytes.subarray(position.at, position.at + length) };
        position.at += length;
        break;
      }
      case 5:
        yield { number, value: view.getFloat32(position.at, true) };
        position.at += 4;
        break;
      default:
        throw new Error(`A message has a field of the unknown wire type ${key % 8}.`);
    }
  }
}

/** All varints of a packed repeated field. */
export function packedVarints(bytes: Uint8Array): readonly number[] {
  const values: number[] = [];
  const position = { at: 0 };
  while (position.at < bytes.length) values.push(readVarint(bytes, position));
  return values;
}

function readVarint(bytes: Uint8Array, position: { at: number }): number {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[position.at++];
    if (byte === undefined || shift > 63n) throw new Error("A message ends within a number.");
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return Number(BigInt.asIntN(64, value));
  }
}
