// Reads the numbers of fragmented MP4 that tie a fragment to its time (ISO/IEC 14496-12: mdhd, tfdt, trun).

const CONTAINERS = new Set(["moov", "trak", "mdia", "moof", "traf"]);

// Returns the ticks per second of the first track in an init segment, or 0.
export function timescale(bytes) {
  const box = find(bytes, "mdhd");
  if (!box) return 0;
  return box.getUint32(box.getUint8(0) === 1 ? 20 : 12);
}

// Returns the time in ticks at which a fragment's first picture is shown, or null.
export function shownTime(bytes) {
  const decoded = find(bytes, "tfdt");
  if (!decoded) return null;
  const time = decoded.getUint8(0) === 1 ? Number(decoded.getBigUint64(4)) : decoded.getUint32(4);
  return time + firstOffset(find(bytes, "trun"));
}

const DATA_OFFSET = 0x1; // flags of trun: which optional fields are there
const FIRST_FLAGS = 0x4;
const SAMPLE_FIELDS = [0x100, 0x200, 0x400]; // duration, size, flags stand before the composition offset
const COMPOSITION = 0x800;

// Returns how much later than decoded the first picture is shown, in ticks; not 0 only where there are B-frames.
function firstOffset(run) {
  if (!run) return 0;
  const flags = run.getUint32(0) & 0xffffff;
  if (!(flags & COMPOSITION)) return 0;
  const before = [DATA_OFFSET, FIRST_FLAGS, ...SAMPLE_FIELDS].filter((flag) => flags & flag).length;
  const at = 8 + 4 * before;
  return run.getUint8(0) === 1 ? run.getInt32(at) : run.getUint32(at);
}

// Returns what stands behind a box's header, for the first box of that type, or null.
function find(bytes, wanted) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 8 <= view.byteLength) {
    let size = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    let header = 8;
    if (size === 1 && at + 16 <= view.byteLength) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    }
    if (size === 0) size = view.byteLength - at;
    if (size < header) return null;
    const inner = bytes.subarray(at + header, Math.min(at + size, bytes.byteLength));
    if (type === wanted) return new DataView(inner.buffer, inner.byteOffset, inner.byteLength);
    const found = CONTAINERS.has(type) ? find(inner, wanted) : null;
    if (found) return found;
    at += size;
  }
  return null;
}
