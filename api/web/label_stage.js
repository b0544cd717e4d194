// Shows one picture with boxes over it: fitted, zoomed and panned; boxes are chosen, drawn, moved and resized.
//
// Boxes are [x1, y1, x2, y2] in pixels of the picture. Belongs here: geometry on the screen. Does not: what a box means,
// keys, saving (label_editor.js).

import { h, s } from "./dom.js";
import { t } from "./text.js";

const ZOOM_STEP = 1.3;
const MOST_ZOOM = 24; // times the fitted size
const LEAST_DRAG_PX = 4; // on the screen; less is a click
const LEAST_SIDE = 2; // pixels of the picture; a smaller box was not meant
const HANDLE_PX = 10;
const WORDS_PX = 15; // height of a box's words

// Which corners of a box each handle moves, as places in [x1, y1, x2, y2]; null leaves that direction alone.
const HANDLES = {
  nw: [0, 1], n: [null, 1], ne: [2, 1], e: [2, null], se: [2, 3], s: [null, 3], sw: [0, 3], w: [0, null],
};

export class LabelStage {
  #on;
  #size = null; // [width, height] of the picture
  #view = { x: 0, y: 0, scale: 1 }; // what of the picture is at the top left, and screen pixels for each of its own
  #isFitted = true;
  #items = [];
  #chosen = null;
  #brush = null; // colour of what is about to be drawn
  #ghost = null; // {key, box}: where a box is while it is dragged
  #gesture = null; // what the press that is going on does; null once it was given up
  #image = h("img", { alt: "", draggable: "false" });
  #svg = s("svg", { class: "label-boxes" });
  #missing = h("p", { class: "empty", hidden: true }, t("labels.no_picture"));
  #watch = new ResizeObserver(() => this.#place());

  // `on`: {onChosen(key or null), onDrawn(box), onMoved(key, box)}.
  constructor(on) {
    this.#on = on;
    this.element = h("div", { class: "label-stage" }, this.#image, this.#svg, this.#missing);
    this.#image.addEventListener("error", () => this.#missing.removeAttribute("hidden"));
    this.#image.addEventListener("load", () => this.#missing.setAttribute("hidden", ""));
    this.element.addEventListener("pointerdown", (event) => this.#press(event));
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#watch.observe(this.element);
  }

  get isDrawing() {
    return this.#brush !== null;
  }

  // Shows another picture, fitted.
  load(url, size) {
    this.stop();
    [this.#size, this.#items, this.#chosen] = [size, [], null];
    this.#image.src = url;
    this.fit();
  }

  // Shows items {key, box, words, colour, look, isMovable} over the picture; `look` is "sure", "open", "doubtful" or
  // "region". The chosen one has handles.
  show(items, chosen) {
    [this.#items, this.#chosen] = [items, chosen];
    this.#paint();
  }

  // Lets the next drag draw a box in a colour.
  draw(colour) {
    this.#brush = colour;
    this.element.classList.add("drawing");
  }

  // Gives up drawing and dragging.
  stop() {
    [this.#brush, this.#ghost, this.#gesture] = [null, null, null];
    this.element.classList.remove("drawing");
    this.#paint();
  }

  fit() {
    this.#isFitted = true;
    this.#place();
  }

  // Zooms in or out around a point of the element, its middle by default.
  zoom(isIn, [x, y] = [this.element.clientWidth / 2, this.element.clientHeight / 2]) {
    const before = this.#view.scale;
    const least = this.#fittedScale();
    const scale = Math.min(least * MOST_ZOOM, before * (isIn ? ZOOM_STEP : 1 / ZOOM_STEP));
    this.#isFitted = scale <= least;
    this.#view = { x: this.#view.x + x / before - x / scale, y: this.#view.y + y / before - y / scale, scale };
    this.#place();
  }

  end() {
    this.#watch.disconnect();
  }

  #fittedScale() {
    if (!this.#size) return 1;
    return Math.min(this.element.clientWidth / this.#size[0], this.element.clientHeight / this.#size[1]) || 1;
  }

  // Puts the picture where the view says, never further than its edge; in the middle where there is room around it.
  #place() {
    if (!this.#size) return;
    const scale = this.#isFitted ? this.#fittedScale() : this.#view.scale;
    const within = (from, shown, whole) => (shown >= whole ? (whole - shown) / 2 : clamp(from, 0, whole - shown));
    const x = within(this.#view.x, this.element.clientWidth / scale, this.#size[0]);
    const y = within(this.#view.y, this.element.clientHeight / scale, this.#size[1]);
    this.#view = { x, y, scale };
    const { style } = this.#image;
    [style.left, style.top] = [`${-x * scale}px`, `${-y * scale}px`];
    [style.width, style.height] = [`${this.#size[0] * scale}px`, `${this.#size[1] * scale}px`];
    this.#paint();
  }

  // Returns where an event is in the picture, to a tenth of a pixel.
  #at(event) {
    const frame = this.element.getBoundingClientRect();
    const { x, y, scale } = this.#view;
    const [width, height] = this.#size;
    return [
      clamp(tenths(x + (event.clientX - frame.left) / scale), 0, width),
      clamp(tenths(y + (event.clientY - frame.top) / scale), 0, height),
    ];
  }

  #wheel(event) {
    event.preventDefault();
    if (!this.#size) return;
    const frame = this.element.getBoundingClientRect();
    this.zoom(event.deltaY < 0, [event.clientX - frame.left, event.clientY - frame.top]);
  }

  // Follows one press to its end, on the window, as the pointer may leave the picture.
  #press(event) {
    if (!this.#size || event.button > 1) return;
    event.preventDefault();
    const begin = this.#at(event);
    const gesture = this.#begun(event, begin);
    this.#gesture = gesture;
    let isDragged = false;
    const follow = (moved) => {
      isDragged ||= Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) >= LEAST_DRAG_PX;
      if (isDragged && this.#gesture === gesture) gesture.follow(moved);
    };
    const end = (lifted) => {
      for (const [name, listener] of listeners) window.removeEventListener(name, listener);
      if (this.#gesture !== gesture) return;
      if (lifted.type === "pointercancel") this.stop();
      else if (isDragged) gesture.end();
      else if (!this.isDrawing) this.#click(begin);
    };
    const listeners = [["pointermove", follow], ["pointerup", end], ["pointercancel", end]];
    for (const [name, listener] of listeners) window.addEventListener(name, listener);
  }

  // Returns what a press does if it becomes a drag: draw, resize, move, or pan.
  #begun(event, begin) {
    const chosen = this.#items.find((item) => item.key === this.#chosen);
    const handle = event.target.dataset?.handle;
    if (event.button === 1) return this.#panning(event);
    if (this.isDrawing) return this.#shaping(null, (now) => spanned(begin, now));
    if (chosen?.isMovable && handle) return this.#shaping(chosen.key, (now) => resized(chosen.box, handle, now));
    if (chosen?.isMovable && contains(chosen.box, begin)) {
      return this.#shaping(chosen.key, (now) => shifted(chosen.box, now[0] - begin[0], now[1] - begin[1], this.#size));
    }
    return this.#panning(event);
  }

  #shaping(key, boxAt) {
    const follow = (moved) => {
      this.#ghost = { key, box: boxAt(this.#at(moved)) };
      this.#paint();
    };
    const end = () => {
      const [box, colour] = [this.#ghost?.box, this.#brush];
      this.#ghost = null;
      if (box && box[2] - box[0] >= LEAST_SIDE && box[3] - box[1] >= LEAST_SIDE) {
        this.stop();
        this.#shaped(key, box, colour);
      }
      this.#paint();
    };
    return { follow, end };
  }

  // Tells of a box that was drawn or moved, and shows it there until the editor shows what became of it.
  #shaped(key, box, colour) {
    if (key === null) {
      this.#items = [...this.#items, { key: "new", box, colour, words: "", look: "new" }];
      this.#on.onDrawn(box);
    } else {
      this.#items = this.#items.map((item) => (item.key === key ? { ...item, box } : item));
      this.#on.onMoved(key, box);
    }
  }

  #panning(event) {
    const { x, y, scale } = this.#view;
    const follow = (moved) => {
      this.#view.x = x - (moved.clientX - event.clientX) / scale;
      this.#view.y = y - (moved.clientY - event.clientY) / scale;
      this.#place();
    };
    return { follow, end: () => {} };
  }

  // Chooses the smallest box at a point; clicking on it again chooses the next larger one.
  #click(point) {
    const hits = this.#items.filter((item) => contains(item.box, point)).sort((a, b) => area(a.box) - area(b.box));
    const at = hits.findIndex((item) => item.key === this.#chosen);
    this.#on.onChosen(hits.length ? hits[(at + 1) % hits.length].key : null);
  }

  #paint() {
    if (!this.#size) return;
    const rank = (item) => (item.key === this.#chosen ? 2 : item.look === "region" ? 0 : 1);
    const drawn = this.#items.toSorted((a, b) => rank(a) - rank(b)).map((item) => {
      const box = this.#ghost?.key === item.key ? this.#ghost.box : item.box;
      return { item, frame: this.#onScreen(box), isChosen: item.key === this.#chosen };
    });
    const isInSight = ({ frame: { x, y, width, height } }) =>
      x + width > 0 && y + height > 0 && x < this.element.clientWidth && y < this.element.clientHeight;
    const shapes = [...drawn.flatMap((one) => shapesOf(one)), ...wordsOf(drawn.filter(isInSight))];
    if (this.#ghost?.key === null) {
      shapes.push(s("rect", { class: "label-box new", stroke: this.#brush, ...this.#onScreen(this.#ghost.box) }));
    }
    this.#svg.replaceChildren(...shapes);
  }


  #onScreen([x1, y1, x2, y2]) {
    const { x, y, scale } = this.#view;
    return { x: (x1 - x) * scale, y: (y1 - y) * scale, width: (x2 - x1) * scale, height: (y2 - y1) * scale };
  }
}

function shapesOf({ item, frame, isChosen }) {
  const look = `label-box ${item.look} ${isChosen ? "chosen" : ""}`;
  const rect = s("rect", { class: look, "data-key": item.key, stroke: item.colour, fill: item.colour, ...frame });
  return [rect, ...(isChosen && item.isMovable ? handlesOf(frame) : [])];
}

// Returns the words of boxes, above or else within each; those for which there is no room are left out, the chosen box's
// and those of what lies on top last.
function wordsOf(drawn) {
  const taken = [];
  return drawn.toReversed().flatMap(({ item, frame }) => {
    const width = [...item.words].reduce((sum, sign) => sum + (sign > "\u2e80" ? 12.5 : 7.6), 0);
    const x = Math.max(2, frame.x);
    const places = [frame.y - 4, frame.y + WORDS_PX - 2].map((y) => ({ x, y, width }));
    const isFree = (place) => place.y >= WORDS_PX - 3 && !taken.some((other) => overlap(place, other));
    const free = places.find(isFree);
    if (!free) return [];
    taken.push(free);
    return [s("text", { class: "label-words", fill: item.colour, x, y: free.y }, item.words)];
  });
}

const overlap = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && Math.abs(a.y - b.y) < WORDS_PX;

function handlesOf({ x, y, width, height }) {
  const places = { 0: x, 1: y, 2: x + width, 3: y + height };
  const isSmall = Math.min(width, height) < 4 * HANDLE_PX; // then only corners, so that it can be taken in its middle
  const shown = Object.entries(HANDLES).filter(([, directions]) => !isSmall || !directions.includes(null));
  return shown.map(([name, [across, down]]) => {
    const [middleX, middleY] = [places[across] ?? x + width / 2, places[down] ?? y + height / 2];
    const corner = { x: middleX - HANDLE_PX / 2, y: middleY - HANDLE_PX / 2, width: HANDLE_PX, height: HANDLE_PX };
    return s("rect", { class: `label-handle ${name}`, "data-handle": name, ...corner });
  });
}

const clamp = (value, least, most) => Math.max(least, Math.min(most, value));
const tenths = (value) => Math.round(value * 10) / 10;
const area = ([x1, y1, x2, y2]) => (x2 - x1) * (y2 - y1);
const contains = ([x1, y1, x2, y2], [x, y]) => x1 <= x && x <= x2 && y1 <= y && y <= y2;
const spanned = ([ax, ay], [bx, by]) => [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];

function resized(box, handle, point) {
  const corners = [...box];
  HANDLES[handle].forEach((place, direction) => {
    if (place !== null) corners[place] = point[direction];
  });
  return spanned(corners.slice(0, 2), corners.slice(2));
}

// Returns a box moved by so much, but not out of the picture.
function shifted([x1, y1, x2, y2], byX, byY, [width, height]) {
  const [dx, dy] = [clamp(byX, -x1, width - x2), clamp(byY, -y1, height - y2)];
  const moved = [x1 + dx, y1 + dy, x2 + dx, y2 + dy];
  return moved.map((side, i) => clamp(tenths(side), 0, i % 2 ? height : width));
}
