// The case desk: the list on the left, the chosen case on the right, and one key for each decision.

import { DONE, IN_PROGRESS } from "./alarms.js";
import { CaseView } from "./case.js";
import { button, fill, h, isTyping, toast } from "./dom.js";
import { get } from "./request.js";
import { problemWords } from "./sentences.js";
import { dueWords } from "./standing.js";
import { clock, t, word } from "./text.js";
import { chooseForm, chosenForm, forms, loadWorkflow, stages, statesOfStage } from "./workflow.js";

const PAGE_SIZE = 30;
const inStates = (states) => states.map((state) => `state=${state}`);
const FILTERS = {
  mine: ["inbox=mine"],
  todo: inStates(["candidate", "confirmed", "warned"]),
  filed: inStates(IN_PROGRESS),
  late: ["overdue=true"],
  posted: ["proposal=supervise"],
  cleared: ["proposal=close"],
  done: inStates(DONE),
  false: inStates(["dismissed", "not_accepted", "merged"]),
  all: [],
};
const KINDS = ["parking", "vending", "flyers"];

const DEEPEST = 10000; // as many cases as the server skips at most; further back one narrows the list

export class CaseDesk {
  #context;
  #filter = "todo";
  #kind = "";
  #stage = 0; // of the chosen form; takes the place of the filter
  #page = 0;
  #more = false;
  #total = 0;
  #cases = [];
  #chosen = null;
  #list = h("ol", { class: "case-list" });
  #bar = h("div", { class: "toolbar" });
  #foot = h("div", { class: "pager" });
  #view;
  #endings = [];
  #missed = false;
  #loads = 0;

  // `context`: {socket, person}.
  constructor(context) {
    this.#context = context;
    this.#view = new CaseView(context.person, () => this.#load());
    const side = h("section", { class: "desk-list", "aria-label": t("nav.cases") }, this.#bar, this.#list, this.#foot);
    this.element = h("main", { class: "desk" }, side, this.#view.element);
  }

  async show(caseId) {
    const onKey = (event) => this.#key(event);
    document.addEventListener("keydown", onKey);
    this.#endings = [
      () => document.removeEventListener("keydown", onKey),
      this.#context.socket.on("case", (message) => this.#changed(message)),
      this.#context.socket.on("closed", () => {
        this.#missed = true;
      }),
      this.#context.socket.on("open", () => this.#missed && this.#load()),
    ];
    this.#chosen = caseId || null;
    await this.#load();
    if (caseId && !this.#cases.some((found) => found.id === caseId)) await this.#choose(caseId);
  }

  hide() {
    for (const end of this.#endings) end();
    this.#view.clear();
  }

  async #load() {
    this.#missed = false;
    const load = ++this.#loads;
    const narrowed = this.#stage ? inStates(statesOfStage(this.#stage)) : FILTERS[this.#filter];
    const kind = this.#kind ? [`kind=${this.#kind}`] : [];
    const query = [...narrowed, ...kind, `page=${this.#page}`, `size=${PAGE_SIZE}`].join("&");
    try {
      const [found] = await Promise.all([get(`/api/cases?${query}`), loadWorkflow()]);
      if (load !== this.#loads) return; // something else was asked for meanwhile
      [this.#cases, this.#total, this.#more] = [found.cases, found.total, found.is_more];
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
      return;
    }
    this.#build();
    const first = this.#chosen ?? this.#cases[0]?.id ?? null;
    if (first) await this.#choose(first);
    else this.#view.clear();
  }

  #build() {
    const filters = Object.keys(FILTERS).map((name) =>
      h("button", {
        type: "button", class: "segment", "aria-pressed": String(name === this.#filter && !this.#stage),
        onclick: () => this.#narrow({ filter: name }),
      }, word("filter", name)));
    const kinds = h("select", { "aria-label": t("desk.kind") },
      h("option", { value: "" }, t("desk.every_kind")),
      KINDS.map((kind) => h("option", { value: kind, selected: kind === this.#kind }, word("offence", kind))));
    kinds.addEventListener("change", () => this.#narrow({ kind: kinds.value, stage: this.#stage }));
    fill(this.#bar, h("div", { class: "segments", role: "group", "aria-label": t("desk.filter") }, filters), kinds, ...this.#stageFilter());
    fill(this.#list, this.#cases.map((found) => this.#row(found)),
      this.#cases.length ? null : h("li", { class: "empty" }, t("desk.empty")));
    const pages = Math.min(Math.max(1, Math.ceil(this.#total / PAGE_SIZE)), 1 + Math.floor(DEEPEST / PAGE_SIZE));
    const count = this.#more ? `${this.#total}+` : this.#total;
    const turn = (step) => () => this.#narrow({ stage: this.#stage, page: Math.min(pages - 1, Math.max(0, this.#page + step)) });
    fill(this.#foot,
      button(t("wall.previous"), { symbol: "back", quiet: true, onclick: turn(-1), disabled: this.#page === 0 }),
      h("span", { class: "muted" }, t("desk.count", { count, page: this.#page + 1, pages })),
      button(t("wall.next"), { symbol: "next", quiet: true, onclick: turn(1), disabled: this.#page >= pages - 1 }));
  }

  #stageFilter() {
    const form = h("select", { "aria-label": t("desk.form") },
      forms().map((name) => h("option", { value: name, selected: name === chosenForm() }, word("form", name))));
    form.addEventListener("change", () => {
      chooseForm(form.value);
      this.#narrow({});
    });
    const stage = h("select", { "aria-label": t("desk.stage") },
      h("option", { value: "0" }, t("desk.every_stage")),
      stages().map(({ number, name }) =>
        h("option", { value: String(number), selected: number === this.#stage }, t("stage.option", { number, name }))));
    stage.addEventListener("change", () => this.#narrow({ stage: Number(stage.value) }));
    return [form, stage];
  }

  #row(found) {
    return h("li", {},
      h("button", {
        type: "button", class: `case-row ${found.state}`, "data-case": found.id,
        "aria-current": found.id === this.#chosen ? "true" : false, onclick: () => this.#choose(found.id),
      },
      h("img", { src: found.thumbnail, alt: "", loading: "lazy", width: 96, height: 54 }),
      h("span", { class: "case-words" },
        h("span", { class: "row" }, h("strong", {}, word("offence", found.kind)),
          h("span", { class: `badge ${found.state}` }, word("state", found.state))),
        h("span", { class: "muted clip" }, found.camera_name),
        h("span", { class: "muted" }, `${clock(found.raised_at)} · ${found.number}`),
        found.proposal ? h("span", { class: `proposed ${found.proposal}` }, t("closing.proposed", { what: word("proposal", found.proposal) })) : null,
        found.due_at ? h("span", { class: found.is_overdue ? "standing late" : "standing" }, dueWords(found.due_at)) : null)));
  }

  #narrow({ filter = this.#filter, kind = this.#kind, stage = 0, page = 0 }) {
    [this.#filter, this.#kind, this.#stage, this.#page, this.#chosen] = [filter, kind, stage, page, null];
    this.#load();
  }

  async #choose(caseId) {
    this.#chosen = caseId;
    for (const row of this.#list.querySelectorAll(".case-row")) {
      if (row.dataset.case === caseId) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    history.replaceState(null, "", `#/cases/${caseId}`);
    await this.#view.show(caseId);
  }

  #changed({ case_id }) {
    clearTimeout(this.reload);
    this.reload = setTimeout(() => this.#load(), 250); // a case that opens brings several messages at once
    if (case_id === this.#chosen) this.#view.refresh();
  }

  #key(event) {
    if (isTyping(event)) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#move(step);
      return;
    }
    if (this.#view.key(event.key.toLowerCase())) event.preventDefault();
  }

  #move(step) {
    const at = this.#cases.findIndex((found) => found.id === this.#chosen);
    const next = this.#cases[Math.min(this.#cases.length - 1, Math.max(0, at + step))];
    if (next) this.#choose(next.id);
  }
}
