// Draws and edits zones over a picture: corners are dragged, added, removed, by mouse, finger or keyboard; and the door line
// of a zone that has one.
//
// Polygons and lines are lists of [x, y] as fractions of the picture. Belongs here: geometry on the screen. Does not: rules,
// names, saving (zones.js).

import { h, s } from "./dom.js";
import { t } from "./text.js";

const STEP = 0.005; // an arrow key moves a corner by so much of the picture; with Shift ten times as far
const CLOSE_PX = 12; // a click this near the first corner closes the polygon; near its last point it ends a line
const MIN_CORNERS = 3;
const MIN_POINTS = 2; // of a line
const TO_STREET = 0.7; // the tick that shows the street side goes so far from the line to the middle of the zone
const KEYS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

export class PolygonEditor {
  #on;
  #zones = [];
  #chosen = null;
  #drawing = null;
  #isLine = false; // what is being drawn is the chosen zone's door line
  #pointer = null;
  #mark = null;
  #image = h("img", { alt: "", draggable: "false" });
  #svg = s("svg", { class: "polygons", viewBox: "0 0 1 1", preserveAspectRatio: "none" });
  #handles = h("div", { class: "handles" });
  #missing = h("p", { class: "empty", hidden: true }, t("zones.no_picture"));
  #onKey = (event) => this.#key(event);

  // `on`: {onDrawn(polygon), onMoved(id, polygon), onLine(id, line), onChosen(id)}.
  constructor(on) {
    this.#on = on;
    this.element = h("div", { class: "polygon-editor" }, this.#image, this.#svg, this.#handles, this.#missing);
    this.#image.addEventListener("error", () => this.#missing.removeAttribute("hidden"));
    this.#image.addEventListener("load", () => this.#missing.setAttribute("hidden", ""));
    this.element.addEventListener("click", (event) => this.#click(event));
    this.element.addEventListener("pointermove", (event) => this.#move(event));
  }

  // Shows another picture.
  load(url) {
    this.#image.src = url;
  }

  // Shows zones; the chosen one has handles.
  show(zones, chosen) {
    [this.#zones, this.#chosen] = [zones, chosen];
    if (this.#drawing === null) this.#paint();
  }

  // Marks a box (x1, y1, x2, y2) on the picture, as fractions; null marks none.
  mark(box) {
    this.#mark = box;
    this.#paint();
  }

  // Begins a new polygon; `onDrawn` gets it when it is closed.
  draw() {
    this.#begin(false);
  }

  // Begins a new door line of the chosen zone; `onLine` gets it when it is ended.
  drawLine() {
    this.#begin(true);
  }

  #begin(isLine) {
    [this.#drawing, this.#isLine, this.#pointer] = [[], isLine, null];
    this.element.classList.add("drawing");
    document.addEventListener("keydown", this.#onKey);
    this.#paint();
  }

  // Gives up what is being drawn.
  stop() {
    this.#drawing = null;
    this.element.classList.remove("drawing");
    document.removeEventListener("keydown", this.#onKey);
    this.#paint();
  }

  #at(event) {
    const frame = this.element.getBoundingClientRect();
    return [clamp((event.clientX - frame.left) / frame.width), clamp((event.clientY - frame.top) / frame.height)];
  }

  #click(event) {
    const point = this.#at(event);
    if (this.#drawing === null) {
      const hit = this.#zones.findLast((zone) => contains(zone.polygon, point));
      if (hit && hit.id !== this.#chosen && !event.target.closest(".handle, .between")) this.#on.onChosen(hit.id);
      return;
    }
    const frame = this.element.getBoundingClientRect();
    const end = this.#isLine ? this.#drawing.at(-1) : this.#drawing[0];
    const isNear = end && Math.hypot((point[0] - end[0]) * frame.width, (point[1] - end[1]) * frame.height) < CLOSE_PX;
    if (isNear && this.#isEnough()) {
      this.#finish();
      return;
    }
    this.#drawing.push(point);
    this.#paint();
  }

  #move(event) {
    if (this.#drawing === null) return;
    this.#pointer = this.#at(event);
    this.#paint();
  }

  #key(event) {
    if (event.key === "Escape") this.stop();
    if (event.key === "Enter" && this.#isEnough()) {
      event.preventDefault();
      this.#finish();
    }
  }

  #isEnough() {
    return this.#drawing.length >= (this.#isLine ? MIN_POINTS : MIN_CORNERS);
  }

  #finish() {
    const drawn = this.#drawing.map(([x, y]) => [rounded(x), rounded(y)]);
    this.stop();
    if (this.#isLine) this.#on.onLine(this.#chosen, drawn);
    else this.#on.onDrawn(drawn);
  }

  #paint() {
    const chosen = this.#drawing === null ? this.#chosen : null;
    const shapes = this.#zones.flatMap((zone) => {
      const look = `${zone.rule.kind} ${zone.id === chosen ? "chosen" : ""}`;
      return [s("polygon", { class: `zone ${look}`, points: points(zone.polygon) }), ...doorOf(zone, look)];
    });
    if (this.#drawing !== null) {
      const open = this.#pointer ? [...this.#drawing, this.#pointer] : this.#drawing;
      shapes.push(s("polyline", { class: "zone new", points: points(open) }));
    }
    if (this.#mark !== null) {
      const [x, y, right, bottom] = this.#mark;
      shapes.push(s("rect", { class: "mark", x, y, width: right - x, height: bottom - y }));
    }
    this.#svg.replaceChildren(...shapes);
    if (this.#drawing !== null) {
      this.#handles.replaceChildren(...this.#drawing.map((corner) => dot("corner", corner)));
      return;
    }
    const zone = this.#zones.find((known) => known.id === this.#chosen);
    const focused = document.activeElement?.dataset?.corner;
    this.#handles.replaceChildren(...(zone ? this.#handlesOf(zone) : []));
    if (focused !== undefined) this.#handles.querySelector(`[data-corner="${focused}"]`)?.focus();
  }

  #handlesOf({ id }) {
    const zone = () => this.#zones.find((known) => known.id === id);
    const corners = {
      now: () => zone().polygon, set: (polygon) => this.#on.onMoved(id, polygon), least: MIN_CORNERS, isClosed: true, word: "zones.corner", mark: "",
    };
    const door = {
      now: () => zone().rule.door ?? [], set: (line) => this.#on.onLine(id, line), least: MIN_POINTS, isClosed: false, word: "zones.door_point", mark: "door-",
    };
    return [corners, door].flatMap((path) => [...this.#betweens(path), ...path.now().map((point, i) => this.#handle(path, point, i))]);
  }

  #betweens(path) {
    const all = path.now();
    return (path.isClosed ? all : all.slice(0, -1)).map((corner, i) => {
      const next = all[(i + 1) % all.length];
      const middle = [rounded((corner[0] + next[0]) / 2), rounded((corner[1] + next[1]) / 2)];
      const element = dot("between", middle, { "aria-label": t("zones.add_corner"), title: t("zones.add_corner") });
      element.addEventListener("click", () => path.set(path.now().toSpliced(i + 1, 0, middle)));
      return element;
    });
  }

  #handle(path, corner, i) {
    const words = t(path.word, { number: i + 1 });
    const element = dot("handle", corner, { "aria-label": words, title: words, "data-corner": `${path.mark}${i}` });
    const moveTo = (point) => path.set(path.now().with(i, point));
    const drop = () => {
      if (path.now().length > path.least) path.set(path.now().toSpliced(i, 1));
    };
    element.addEventListener("pointerdown", (event) => this.#drag(event, moveTo));
    element.addEventListener("dblclick", drop);
    element.addEventListener("keydown", (event) => {
      const step = KEYS[event.key];
      if (event.key === "Delete" || event.key === "Backspace") drop();
      if (!step) return;
      event.preventDefault();
      const factor = event.shiftKey ? 10 : 1;
      moveTo([rounded(clamp(corner[0] + step[0] * factor)), rounded(clamp(corner[1] + step[1] * factor))]);
    });
    return element;
  }

  // Follows the pointer on the window, because each move paints new handles.
  #drag(event, moveTo) {
    event.preventDefault();
    event.target.focus();
    const follow = (moved) => moveTo(this.#at(moved).map(rounded));
    const end = () => {
      window.removeEventListener("pointermove", follow);
      window.removeEventListener("pointerup", end);
    };
    window.addEventListener("pointermove", follow);
    window.addEventListener("pointerup", end);
  }
}

// Returns the shapes of a zone's door line: the line, and a tick to its street side, which is that of the zone's middle.
function doorOf(zone, look) {
  const door = zone.rule.door ?? [];
  if (door.length < MIN_POINTS) return [];
  const [start, end] = [mean(door), middle(zone.polygon)];
  const tick = [start, start.map((from, i) => from + (end[i] - from) * TO_STREET)];
  return [door, tick].map((line) => s("polyline", { class: `door ${look}`, points: points(line) }));
}

function dot(kind, [x, y], traits = {}) {
  const element = h(kind === "corner" ? "span" : "button", { class: kind, type: kind === "corner" ? null : "button", ...traits });
  element.style.left = `${x * 100}%`;
  element.style.top = `${y * 100}%`;
  return element;
}

// Returns the centre of gravity of a polygon, as the server takes it to tell the street side.
function middle(polygon) {
  let [area, x, y] = [0, 0, 0];
  polygon.forEach(([x1, y1], i) => {
    const [x2, y2] = polygon[(i + 1) % polygon.length];
    const turn = x1 * y2 - x2 * y1;
    [area, x, y] = [area + turn, x + (x1 + x2) * turn, y + (y1 + y2) * turn];
  });
  return area ? [x / (3 * area), y / (3 * area)] : mean(polygon);
}

const clamp = (value) => Math.min(1, Math.max(0, value));
const rounded = (value) => Math.round(value * 10000) / 10000;
const mean = (corners) => [0, 1].map((i) => corners.reduce((sum, corner) => sum + corner[i], 0) / corners.length);
const points = (polygon) => polygon.map(([x, y]) => `${x},${y}`).join(" ");

function contains(polygon, [x, y]) {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i, i += 1) {
    const [[xi, yi], [xj, yj]] = [polygon[i], polygon[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
