// Two pictures of a case beside each other, of the same size, zoomed and moved together; each names its time.

import { button, fill, h } from "./dom.js";
import { caption, isLater, stillsOf } from "./pictures.js";
import { t, word } from "./text.js";

const MOST = 12; // times as large
const STEP = 1.25;

// Returns the pairs that a case has, as {name: [left, right]}: the first and the second panorama, before and after.
export function pairsOf(found) {
  const stills = stillsOf(found);
  const early = stills.filter((file) => file.role === "panorama" && !isLater(file));
  const late = stills.filter((file) => ["panorama", "act"].includes(file.role) && isLater(file));
  const newest = late.filter((file) => file.pack === late.at(-1).pack);
  const pairs = {};
  if (early.length) pairs.panoramas = [early[0], early.at(-1)];
  if (newest.length > 1) pairs.before_after = [newest[0], newest.at(-1)]; // a pack that brings both
  else if (early.length && newest.length) pairs.before_after = [early.at(-1), newest[0]];
  return pairs;
}

export class Comparison {
  #stills = [];
  #pairs = {};
  #shown = [];
  #scale = 1;
  #at = [0, 0]; // of the middle, as fractions of the picture's size
  #ahead;
  #panes = h("div", { class: "compare-panes" });
  #bar = h("div", { class: "row compare-bar" });

  // `ahead` hands out pictures that are loaded already.
  constructor(ahead) {
    this.#ahead = ahead;
    this.element = h("section", { class: "compare", "aria-label": t("compare.title") }, this.#bar, this.#panes);
    this.#panes.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#panes.addEventListener("pointerdown", (event) => this.#drag(event));
    this.#panes.addEventListener("dblclick", () => this.#look(1, [0, 0]));
  }

  show(found) {
    this.#stills = stillsOf(found);
    this.#pairs = pairsOf(found);
    this.#choose(Object.keys(this.#pairs).at(-1)); // what a closing brought is what is to be judged now
  }

  // Changes between the untouched pictures and the marked copy on the right.
  toggleMarked() {
    const marked = this.#stills.find((file) => file.role === "marked");
    if (!marked || !this.#shown.length) return;
    const isShown = this.#shown[1] === marked;
    this.#put([this.#shown[0], isShown ? (this.#pairs.panoramas?.[1] ?? this.#stills[0]) : marked]);
  }

  #choose(name) {
    this.#look(1, [0, 0]);
    this.#put(this.#pairs[name] ?? (this.#stills.length ? [this.#stills[0], this.#stills.at(-1)] : []));
  }

  #put(files) {
    this.#shown = files;
    const isOn = (pair) => String(pair.every((file, side) => file === files[side]));
    const segments = Object.entries(this.#pairs).map(([name, pair]) =>
      h("button", { type: "button", class: "segment", "aria-pressed": isOn(pair), onclick: () => this.#choose(name) }, word("compare", name)));
    const hasMarked = this.#stills.some((file) => file.role === "marked");
    fill(this.#bar,
      h("div", { class: "segments", role: "group", "aria-label": t("compare.title") }, segments),
      hasMarked ? button(t("compare.marked"), { key: "O", onclick: () => this.toggleMarked() }) : null,
      h("span", { class: "spring" }),
      button(t("compare.smaller"), { symbol: "minus", quiet: true, onclick: () => this.#look(this.#scale / STEP, this.#at) }),
      button(t("compare.larger"), { symbol: "plus", quiet: true, onclick: () => this.#look(this.#scale * STEP, this.#at) }),
      h("span", { class: "muted hint" }, t("compare.hint")));
    fill(this.#panes, files.length ? files.map((file, side) => this.#pane(file, side)) : h("p", { class: "empty" }, t("compare.none")));
    this.#draw();
  }

  #pane(file, side) {
    const choice = h("select", { "aria-label": word("compare", side ? "right" : "left") },
      this.#stills.map((still, i) => h("option", { value: String(i), selected: still === file }, caption(still, this.#stills))));
    choice.addEventListener("change", () =>
      this.#put(this.#shown.map((shown, i) => (i === side ? this.#stills[Number(choice.value)] : shown))));
    const image = this.#ahead.take(file.href);
    image.alt = caption(file, this.#stills);
    image.draggable = false;
    return h("figure", {}, h("div", { class: "compare-frame" }, image), h("figcaption", {}, choice));
  }

  #wheel(event) {
    const frame = event.target.closest(".compare-frame");
    if (!frame) return;
    event.preventDefault();
    const box = frame.getBoundingClientRect();
    const scale = this.#scale * (event.deltaY < 0 ? STEP : 1 / STEP);
    // What is under the pointer stays there.
    const pointer = [(event.clientX - box.x) / box.width - 0.5, (event.clientY - box.y) / box.height - 0.5];
    const bounded = bound(scale, 1, MOST);
    this.#look(bounded, this.#at.map((at, i) => at + pointer[i] / this.#scale - pointer[i] / bounded));
  }

  #drag(event) {
    const frame = event.target.closest(".compare-frame");
    if (!frame || event.button !== 0) return;
    frame.setPointerCapture(event.pointerId);
    const box = frame.getBoundingClientRect();
    const from = this.#at;
    const move = (moved) =>
      this.#look(this.#scale, [
        from[0] - (moved.clientX - event.clientX) / box.width / this.#scale,
        from[1] - (moved.clientY - event.clientY) / box.height / this.#scale,
      ]);
    frame.addEventListener("pointermove", move);
    frame.addEventListener("pointerup", () => frame.removeEventListener("pointermove", move), { once: true });
  }

  // Both pictures show the same part; it never leaves the picture.
  #look(scale, at) {
    this.#scale = bound(scale, 1, MOST);
    const most = 0.5 - 0.5 / this.#scale;
    this.#at = at.map((each) => bound(each, -most, most));
    this.#draw();
  }

  #draw() {
    const [x, y] = this.#at.map((each) => `${-each * 100}%`);
    for (const image of this.#panes.querySelectorAll("img")) image.style.transform = `scale(${this.#scale}) translate(${x}, ${y})`;
  }
}

const bound = (value, least, most) => Math.min(most, Math.max(least, value));
