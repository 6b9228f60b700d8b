const HEADER_BYTES = 8

/**
 * The text of the log of a container without a terminal. The log consists of frames. Each has a header (stream, three
 * zeros, length as 32 bits, big endian) followed by the bytes. stdout and stderr keep their order. See "Attach to a
 * container", "Stream format" in Docker's API.
 */
export function demultiplex(log: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const length = log.readUInt32BE(at + 4)
    parts.push(log.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length))
    at += HEADER_BYTES + length
  }
  return Buffer.concat(parts)
}
