// The editor of one picture's labels: what the keys do, which changes are sent, and in which order.
//
// Changes go to the server one after another, each on the revision that the one before gave. One that was meant for a
// picture which one has left is dropped; so is one that was asked for before a refusal showed what is true now, unless
// it only adds. Belongs here: state and keys. Does not: geometry (label_stage.js), the panel beside the picture
// (label_side.js).

import { button, fill, h, icon, isTyping, toast } from "./dom.js";
import { CLASSES, REGION_COLOUR, UNKNOWN, colourOf } from "./label_classes.js";
import { progressOf, sideOf } from "./label_side.js";
import { LabelStage } from "./label_stage.js";
import { get, post } from "./request.js";
import { problemWords } from "./sentences.js";
import { t, word } from "./text.js";

const ADDITIONS = ["draw", "ignore"]; // hold on any state of a sheet, so they are made again after somebody else's change
const BOX_MAKERS = ["draw", "move", "rename"]; // what they made is the newest box

// What stays from picture to picture: the class of new boxes, and the classes that are not shown.
const kept = { kind: "car", hidden: new Set() };

export class LabelEditor {
  #set;
  #query;
  #now = null; // the server's last word on this picture
  #chosen = null; // key of a box ("b" and its id) or a region ("r" and its number)
  #pen = null; // "draw" or "ignore" while the next drag draws
  #trail = []; // pictures that one came from: those that are reviewed may be shown no more
  #queue = Promise.resolve();
  #refusals = 0; // after each of them the picture is shown as it is now
  #head = h("div", { class: "toolbar label-bar" });
  #side = h("aside", { class: "label-side" });
  #stage = new LabelStage({
    onChosen: (key) => this.#choose(key),
    onDrawn: (box) => this.#drawn(box),
    onMoved: (key, box) => this.#change({ kind: "move", id: Number(key.slice(1)), box }),
  });
  #onKey = (event) => this.#key(event);

  // `query`: which pictures one turns to, as the server takes it.
  constructor(setName, query) {
    [this.#set, this.#query] = [setName, query];
    this.element = h("div", { class: "label-editor" },
      this.#head, h("div", { class: "label-columns" }, this.#stage.element, this.#side));
    this.element.addEventListener("click", (event) => {
      if (event.detail > 0) event.target.closest("button")?.blur(); // else Enter would press it again
    });
  }

  async show(name) {
    document.addEventListener("keydown", this.#onKey);
    fill(this.#head, this.#wayBack(), h("h1", { class: "clip" }, name)); // stays where there is no sheet to show
    await this.#open(name);
  }

  hide() {
    document.removeEventListener("keydown", this.#onKey);
    this.#stage.end();
  }

  #address(name) {
    return `/api/labels/${encodeURIComponent(this.#set)}/pictures/${encodeURIComponent(name)}`;
  }

  async #open(name) {
    const answer = await get(`${this.#address(name)}?${this.#query}`);
    if (!this.element.isConnected) return;
    [this.#chosen, this.#pen] = [null, null];
    history.replaceState(null, "", `#/labels/${encodeURIComponent(this.#set)}/${encodeURIComponent(name)}`);
    this.#stage.load(answer.href, answer.sheet.size_wh);
    this.#take(answer);
    if (answer.next) new Image().src = `${this.#address(answer.next)}/picture`; // so that it is there at once
  }

  #take(answer) {
    this.#now = answer;
    if (!this.#items().some((item) => item.key === this.#chosen)) this.#chosen = null;
    this.#build();
  }

  // Does one thing after those that were asked for before it.
  #later(job) {
    this.#queue = this.#queue.then(job).catch((refusal) => toast(problemWords(refusal), "bad"));
  }

  #change(change) {
    const [{ name }, refusals] = [this.#now, this.#refusals];
    this.#later(async () => {
      const isMeantForThis = this.#refusals === refusals || ADDITIONS.includes(change.kind);
      if (this.#now.name !== name || !isMeantForThis) return;
      try {
        this.#changed(change, await this.#send(change));
      } catch (refusal) {
        await this.#refused(change, refusal);
      }
      if (change.kind === "review" && this.#now.is_reviewed) await this.#turn(1);
    });
  }

  #send(change) {
    const body = { revision: this.#now.revision, change };
    return post(`${this.#address(this.#now.name)}/changes?${this.#query}`, body);
  }

  #changed(change, answer) {
    if (BOX_MAKERS.includes(change.kind)) this.#chosen = `b${answer.sheet.boxes.at(-1).id}`;
    this.#take(answer);
  }

  // Shows what is true now, or what was known before if the server cannot say: what was drawn does not stay as if it
  // were kept. What only adds is made again on it, so that nobody draws a box twice.
  async #refused(change, refusal) {
    let now = this.#now;
    try {
      now = refusal.answer?.now ?? (await get(`${this.#address(this.#now.name)}?${this.#query}`));
    } finally {
      this.#refusals += 1;
      this.#take(now);
    }
    if (refusal.code !== "stale_sheet" || !ADDITIONS.includes(change.kind)) throw refusal;
    this.#changed(change, await this.#send(change));
    toast(t("labels.added_anyway"));
  }

  async #turn(step) {
    const name = step < 0 ? this.#trail.pop() ?? this.#now.previous : this.#now.next;
    if (!name) {
      toast(t(step < 0 ? "labels.first" : "labels.last"));
      return;
    }
    const from = this.#now.name;
    await this.#open(name);
    if (step > 0) this.#trail.push(from);
  }

  // Returns what is shown over the picture: boxes of the classes that are not hidden, then regions.
  #items() {
    const { sheet, doubtful } = this.#now;
    const regions = sheet.ignored.map((box, i) => ({
      key: `r${i}`, box, words: t("labels.region"), colour: REGION_COLOUR, look: "region", isMovable: false,
    }));
    const boxes = this.#shown().map((box) => {
      const isOpen = box.state === "proposed";
      const words = `${word("label", box.class_name)} ${isOpen ? `${Math.round(box.score * 100)}%` : "✓"}`;
      const look = !isOpen ? "sure" : doubtful.includes(box.id) ? "doubtful" : "open";
      return { key: `b${box.id}`, box: box.box, words, colour: colourOf(box.class_name), look, isMovable: true };
    });
    return [...boxes, ...regions];
  }

  #shown() {
    return this.#now.sheet.boxes.filter((box) => box.state !== "deleted" && !kept.hidden.has(box.class_name));
  }

  #chosenBox() {
    return this.#shown().find((box) => `b${box.id}` === this.#chosen) ?? null;
  }

  #choose(key) {
    this.#chosen = key;
    this.#build();
  }

  #step(step) {
    const keys = this.#items().map((item) => item.key);
    if (!keys.length) return;
    const at = keys.indexOf(this.#chosen);
    this.#choose(keys[at < 0 ? (step > 0 ? 0 : keys.length - 1) : (at + step + keys.length) % keys.length]);
  }

  #confirmShown() {
    const ids = this.#shown().filter((box) => box.state === "proposed").map((box) => box.id);
    if (ids.length) this.#change({ kind: "confirm", ids });
    else toast(t("labels.nothing_open"));
  }

  #confirmChosen() {
    const box = this.#chosenBox();
    if (box?.state === "proposed") this.#change({ kind: "confirm", ids: [box.id] });
  }

  #delete() {
    const [key, box] = [this.#chosen, this.#chosenBox()];
    if (key === null) {
      toast(t("labels.choose_first"));
      return;
    }
    const keys = this.#items().map((item) => item.key);
    if (box) this.#chosen = keys[keys.indexOf(key) + 1] ?? null; // the next one, for who goes through them
    this.#change(box ? { kind: "delete", ids: [box.id] } : { kind: "clear", number: Number(key.slice(1)) });
  }

  // A class is that of the chosen box, else of what is drawn next.
  #name(kind) {
    kept.kind = kind;
    kept.hidden.delete(kind); // else what gets the class would be gone at once
    const box = this.#chosenBox();
    if (this.#pen) this.#takePen("draw");
    else if (box && box.class_name !== kind) this.#change({ kind: "rename", id: box.id, class_name: kind });
    else this.#confirmChosen();
    this.#build();
  }

  #takePen(pen) {
    [this.#pen, this.#chosen] = [pen, null];
    this.#stage.draw(pen === "draw" ? colourOf(kept.kind) : REGION_COLOUR);
    this.#build();
  }

  #drawn(box) {
    const pen = this.#pen;
    this.#pen = null;
    if (pen === "draw") kept.hidden.delete(kept.kind);
    this.#change(pen === "draw" ? { kind: "draw", box, class_name: kept.kind } : { kind: "ignore", box });
  }

  #toggle(name) {
    if (!kept.hidden.delete(name)) kept.hidden.add(name);
    this.#take(this.#now);
  }

  #review() {
    const classes = CLASSES.map((kind) => kind.name).filter((name) => name !== UNKNOWN && !kept.hidden.has(name));
    if (classes.length) this.#change({ kind: "review", classes });
    else toast(t("labels.all_hidden"));
  }

  #giveUp() {
    [this.#pen, this.#chosen] = [null, null];
    this.#stage.stop();
    this.#build();
  }

  #keys = {
    ArrowRight: () => this.#later(() => this.#turn(1)),
    ArrowLeft: () => this.#later(() => this.#turn(-1)),
    ArrowDown: () => this.#step(1),
    ArrowUp: () => this.#step(-1),
    Enter: () => this.#confirmShown(),
    Escape: () => this.#giveUp(),
    Delete: () => this.#delete(),
    Backspace: () => this.#delete(),
    "+": () => this.#stage.zoom(true),
    "=": () => this.#stage.zoom(true),
    "-": () => this.#stage.zoom(false),
    c: () => this.#confirmChosen(),
    d: () => this.#delete(),
    f: () => this.#stage.fit(),
    i: () => this.#takePen("ignore"),
    n: () => this.#takePen("draw"),
    r: () => this.#review(),
    z: () => this.#change({ kind: "undo" }),
  };

  #key(event) {
    const isPressing = event.key === "Enter" && event.target.closest("button, a");
    if (this.#now === null || isTyping(event) || isPressing) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const kind = CLASSES.find((known) => known.key === key);
    const action = kind ? () => this.#name(kind.name) : this.#keys[key];
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || key.startsWith("Arrow")) action();
  }

  #wayBack() {
    const href = `#/labels/${encodeURIComponent(this.#set)}`;
    return h("a", { class: "button", href }, icon("wall"), h("span", { class: "clip" }, this.#set));
  }

  #build() {
    const { name, previous, next, progress } = this.#now;
    const turn = (step) => () => this.#later(() => this.#turn(step));
    fill(this.#head,
      this.#wayBack(),
      h("h1", { class: "clip" }, name),
      progressOf(progress),
      h("span", { class: "muted" }, t("labels.done", { done: progress.reviewed, all: progress.pictures })),
      h("span", { class: "spring" }),
      button(t("labels.smaller"), { symbol: "minus", quiet: true, onclick: () => this.#stage.zoom(false) }),
      button(t("labels.fit"), { symbol: "expand", quiet: true, onclick: () => this.#stage.fit() }),
      button(t("labels.larger"), { symbol: "plus", quiet: true, onclick: () => this.#stage.zoom(true) }),
      button(t("labels.previous"), { symbol: "back", quiet: true, disabled: !previous && !this.#trail.length, onclick: turn(-1) }),
      button(t("labels.next"), { symbol: "next", quiet: true, disabled: !next, onclick: turn(1) }));
    this.#stage.show(this.#items(), this.#chosen);
    const state = { ...this.#now, ...kept, box: this.#chosenBox(), chosen: this.#chosen, pen: this.#pen };
    fill(this.#side, sideOf(state, {
      onClass: (kind) => this.#name(kind),
      onToggle: (kind) => this.#toggle(kind),
      onKey: (key) => this.#keys[key](),
    }));
  }
}
