// Remembers what was seen of one camera for some seconds, and draws it over the picture of the right moment.
//
// Looks come less often than pictures: between two looks a followed thing is drawn where it must have been on the way.

import { duration, word } from "./text.js";

const KEEP = 64; // looks remembered
const PLACE_AGE_S = 6; // a standing thing is drawn this long without a new look
const TRACK_AGE_S = 0.9; // a moving one
const BRIDGE_S = 2.5; // two looks further apart are not bridged

const LABEL_PX = 16; // height of a label

const COLOURS = { moving: "#48d6d2", standing: "#f0b429", offence: "#ff4d57" };
const ZONE_COLOURS = {
  parking: "#5aa9ff", vending: "#c792ea", spillover: "#e8a15b", flyers: "#8bd450", goods: "#f2c14e", disorder: "#5fd3c4",
};

// What moves has a track; what stands has a place, and paper on a wall has neither.
const isMoving = (row) => row.track_id !== null;

export class BoxTrack {
  #looks = [];

  add(message) {
    const last = this.#looks.at(-1);
    if (last && message.t_s < last.t_s - 60) this.#looks = []; // a source that began anew
    this.#looks.push(message);
    if (this.#looks.length > KEEP) this.#looks.shift();
  }

  // Returns how much earlier than `t_s` the newest look was; 0 where there is none.
  gap(t_s) {
    const last = this.#looks.at(-1);
    return last ? Math.max(0, t_s - last.t_s) : 0;
  }

  // Returns the rows to draw at stream time `t_s`.
  at(t_s) {
    const next = this.#looks.findIndex((look) => look.t_s > t_s);
    const after = next === -1 ? null : this.#looks[next];
    const before = next === -1 ? this.#looks.at(-1) : this.#looks[next - 1];
    if (!before) return after && after.t_s - t_s < TRACK_AGE_S ? after.rows : [];
    const age = t_s - before.t_s;
    const rows = before.rows.filter((row) => age <= (isMoving(row) ? BRIDGE_S : PLACE_AGE_S));
    if (!after || after.t_s - before.t_s > BRIDGE_S) {
      return rows.filter((row) => !isMoving(row) || age <= TRACK_AGE_S);
    }
    return bridged(rows, after.rows, age / (after.t_s - before.t_s));
  }

  // Returns the rows of the newest look, for pictures whose time is not known.
  newest() {
    return this.#looks.at(-1)?.rows ?? [];
  }
}

function bridged(rows, later, part) {
  const targets = new Map(later.filter(isMoving).map((row) => [row.track_id, row.box]));
  return rows.flatMap((row) => {
    if (!isMoving(row)) return [row];
    const target = targets.get(row.track_id);
    if (!target) return part < 0.5 ? [row] : [];
    return [{ ...row, box: row.box.map((edge, i) => edge + (target[i] - edge) * part) }];
  });
}

// Returns where the picture lies within its element when it is fitted in whole: {x, y, width, height} in CSS pixels.
export function pictureRect(element, size) {
  const { clientWidth, clientHeight } = element;
  const scale = Math.min(clientWidth / size.width, clientHeight / size.height);
  const width = size.width * scale;
  const height = size.height * scale;
  return { x: (clientWidth - width) / 2, y: (clientHeight - height) / 2, width, height };
}

// Draws rows and zone outlines over a picture; `shown` says which of the two are wanted.
export function draw(canvas, rect, rows, zones, shown) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  if (!rect) return;
  if (shown.zones) for (const zone of zones) drawZone(pen, rect, zone);
  if (!shown.boxes) return;
  const drawn = rows.map((row) => drawBox(pen, rect, row));
  pen.font = "600 11px system-ui, 'Noto Sans CJK SC', sans-serif";
  pen.textBaseline = "middle";
  const taken = [];
  const urgency = ({ row }) => (row.is_offence ? 2 : isMoving(row) ? 0 : 1);
  for (const one of drawn.sort((a, b) => urgency(b) - urgency(a))) drawWords(pen, rect, one, taken);
}

function drawZone(pen, rect, zone) {
  const colour = ZONE_COLOURS[zone.rule.kind] ?? "#ffffff";
  pen.beginPath();
  zone.polygon.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](rect.x + x * rect.width, rect.y + y * rect.height));
  pen.closePath();
  pen.fillStyle = `${colour}1c`;
  pen.fill();
  pen.strokeStyle = `${colour}b0`;
  pen.lineWidth = 1.2;
  pen.setLineDash([6, 4]);
  pen.stroke();
  pen.setLineDash([]);
}

// Draws one box and returns where its words go.
function drawBox(pen, rect, row) {
  const state = row.is_offence ? "offence" : isMoving(row) ? "moving" : "standing";
  const colour = COLOURS[state];
  const [x1, y1, x2, y2] = row.box;
  const box = {
    x: rect.x + x1 * rect.width, y: rect.y + y1 * rect.height, width: (x2 - x1) * rect.width, height: (y2 - y1) * rect.height,
  };
  pen.strokeStyle = colour;
  pen.lineWidth = row.is_offence ? 2.6 : 1.6;
  pen.setLineDash(row.is_hidden ? [3, 4] : []);
  pen.strokeRect(box.x, box.y, box.width, box.height);
  pen.setLineDash([]);
  return { box, colour, ink: state === "offence" ? "#ffffff" : "#08131a", row };
}

// Writes the words of a box above it, else below it, else inside; where other words are everywhere, not at all.
function drawWords(pen, rect, { box, colour, ink, row }, taken) {
  const words = word("label", row.label) + (row.dwell_s >= 1 ? ` ${duration(row.dwell_s)}` : "");
  const width = pen.measureText(words).width + 8;
  const x = Math.min(Math.max(box.x - 1, rect.x), rect.x + rect.width - width);
  const tops = [box.y - LABEL_PX, box.y + box.height, box.y + 1];
  const isInside = (place) => place.y >= rect.y && place.y + LABEL_PX <= rect.y + rect.height;
  const isFree = (place) => !taken.some((other) => overlaps(place, other));
  const free = tops.map((y) => ({ x, y, width, height: LABEL_PX })).find((place) => isInside(place) && isFree(place));
  if (!free) return;
  taken.push(free);
  pen.fillStyle = colour;
  pen.fillRect(free.x, free.y, width, LABEL_PX);
  pen.fillStyle = ink;
  pen.fillText(words, free.x + 4, free.y + LABEL_PX / 2 + 0.5);
}

const overlaps = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
