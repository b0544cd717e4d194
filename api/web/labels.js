// The label page: the sets whose labels people correct, the pictures of one set, and the editor of one picture.
//
// The address says which: #/labels, #/labels/SET, #/labels/SET/PICTURE.

import { button, fill, h, toast } from "./dom.js";
import { CLASSES } from "./label_classes.js";
import { LabelEditor } from "./label_editor.js";
import { progressOf } from "./label_side.js";
import { get } from "./request.js";
import { problemWords } from "./sentences.js";
import { t, word } from "./text.js";

const PAGE_SIZE = 60;
const THUMBNAIL_WIDTH = 320;
const SHOWINGS = ["open", "doubtful", "reviewed", "all"];

// Which pictures are listed, and turned to in the editor; it stays as one goes from one to the other.
const wanted = { state: "open", kind: "" };

export class LabelPage {
  #editor = null;
  #set = "";
  #page = 0;
  #asked = 0; // lists so far: one that comes after a newer one was asked for is dropped

  constructor() {
    this.element = h("main", { class: "labels" });
  }

  async show(setName, picture) {
    this.#set = setName ?? "";
    if (picture) await this.#edit(picture);
    else if (setName) await this.#showSet();
    else await this.#showSets();
  }

  hide() {
    this.#editor?.hide();
  }

  async #edit(picture) {
    this.#editor = new LabelEditor(this.#set, this.#query());
    fill(this.element, this.#editor.element);
    await this.#editor.show(picture);
  }

  #query() {
    return `state=${wanted.state}&class_name=${encodeURIComponent(wanted.kind)}`;
  }

  async #showSets() {
    const { sets } = await get("/api/labels");
    fill(this.element,
      h("div", { class: "toolbar" }, h("h1", {}, t("labels.title"))),
      h("p", { class: "muted" }, t("labels.lead")),
      sets.length ? h("ul", { class: "label-sets" }, sets.map(setRow)) : h("p", { class: "empty" }, t("labels.no_sets")));
  }

  async #showSet() {
    this.#asked += 1;
    const number = this.#asked;
    const set = encodeURIComponent(this.#set);
    const query = `${this.#query()}&page=${this.#page}&size=${PAGE_SIZE}`;
    const { pictures, progress, total } = await get(`/api/labels/${set}/pictures?${query}`);
    if (number !== this.#asked) return;
    const rows = pictures.map((picture) => h("li", {}, pictureCard(set, picture)));
    fill(this.element, this.#bar(progress),
      rows.length ? h("ul", { class: "label-pictures" }, rows) : h("p", { class: "empty" }, t("labels.no_pictures")),
      this.#pager(total));
  }

  #bar(progress) {
    const filters = SHOWINGS.map((state) =>
      h("button", {
        type: "button", class: "segment", "aria-pressed": String(state === wanted.state), onclick: () => this.#narrow({ state }),
      }, word("showing", state)));
    const kinds = h("select", { "aria-label": t("labels.classes") },
      h("option", { value: "" }, t("labels.every_class")),
      CLASSES.map(({ name }) => h("option", { value: name, selected: name === wanted.kind }, word("label", name))));
    kinds.addEventListener("change", () => this.#narrow({ kind: kinds.value }));
    return h("div", { class: "toolbar" },
      h("a", { class: "button", href: "#/labels" }, t("labels.to_sets")),
      h("h1", { class: "clip" }, this.#set),
      progressOf(progress),
      h("span", { class: "muted" }, t("labels.done", { done: progress.reviewed, all: progress.pictures })),
      h("span", { class: "spring" }),
      h("div", { class: "segments", role: "group", "aria-label": t("labels.filter") }, filters), kinds);
  }

  #pager(total) {
    const pages = Math.max(1, Math.ceil(total / PAGE_SIZE));
    const turn = (step) => () => this.#narrow({ page: this.#page + step });
    return h("div", { class: "pager" },
      button(t("wall.previous"), { symbol: "back", quiet: true, disabled: this.#page === 0, onclick: turn(-1) }),
      h("span", { class: "muted" }, t("labels.count", { count: total, page: this.#page + 1, pages })),
      button(t("wall.next"), { symbol: "next", quiet: true, disabled: this.#page >= pages - 1, onclick: turn(1) }));
  }

  #narrow({ state = wanted.state, kind = wanted.kind, page = 0 }) {
    [wanted.state, wanted.kind, this.#page] = [state, kind, page];
    this.#showSet().catch((refusal) => toast(problemWords(refusal), "bad"));
  }
}

function setRow(progress) {
  const { name, pictures, reviewed, open_boxes, broken } = progress;
  return h("li", {},
    h("a", { class: "label-set", href: `#/labels/${encodeURIComponent(name)}` },
      h("strong", { class: "clip" }, name), progressOf(progress),
      h("span", {}, t("labels.done", { done: reviewed, all: pictures })),
      h("span", { class: "muted" }, t("labels.open_boxes", { count: open_boxes })),
      broken ? h("span", { class: "odd" }, t("labels.broken_count", { count: broken })) : null));
}

const BADGES = { broken: "candidate", reviewed: "resolved", open: "warned" };

function pictureCard(set, { name, href, is_broken, is_reviewed, boxes, open_boxes, doubtful }) {
  const state = is_broken ? "broken" : is_reviewed ? "reviewed" : "open";
  const thumbnail = { src: `${href}?width=${THUMBNAIL_WIDTH}`, alt: "", loading: "lazy", width: 320, height: 180 };
  return h("a", { class: "label-picture", href: `#/labels/${set}/${encodeURIComponent(name)}`, "data-picture": name },
    is_broken ? h("span", { class: "no-thumbnail" }) : h("img", thumbnail),
    h("span", { class: "clip" }, name),
    h("span", { class: "row" },
      h("span", { class: `badge ${BADGES[state]}` }, word("picturestate", state)),
      h("span", { class: "muted" }, t("labels.boxes", { count: boxes })),
      open_boxes ? h("span", { class: "muted" }, t("labels.open_short", { count: open_boxes })) : null,
      doubtful ? h("span", { class: "odd" }, t("labels.doubtful_short", { count: doubtful })) : null));
}
