// The case desk: the list on the left, the chosen case on the right, and one key for each decision.

import { DONE, IN_PROGRESS } from "./alarms.js";
import { Board } from "./board.js";
import { CaseView } from "./case.js";
import { button, fill, h, isTyping, toast } from "./dom.js";
import { heldBadge } from "./examinations.js";
import { CaseMap } from "./map.js";
import { get, post } from "./request.js";
import { problemWords } from "./sentences.js";
import { dueWords, isLate, lightDot } from "./standing.js";
import { clock, t, valuesOf, word } from "./text.js";
import { chooseForm, chosenForm, forms, loadWorkflow, stages, statesOfStage } from "./workflow.js";

const PAGE_SIZE = 30;
const inStates = (states) => states.map((state) => `state=${state}`);
const FILTERS = {
  mine: ["inbox=mine"],
  todo: inStates(["candidate", "confirmed", "warned"]),
  filed: inStates(IN_PROGRESS),
  soon: ["soon=true"],
  late: ["overdue=true"],
  held: ["held=true"],
  posted: ["proposal=supervise"],
  cleared: ["proposal=close"],
  done: inStates(DONE),
  false: inStates(["dismissed", "not_accepted", "merged"]),
  all: [],
};
const REMINDED = { soon: "due_soon", late: "overdue" }; // filters with a count, and what of it is counted
const UNDONE = 20; // decisions that can be taken back, the newest first
const LIGHTS_MS = 60_000; // lights change with time alone

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
  #seen = null; // the case that the list was last scrolled to
  #list = h("ol", { class: "case-list" });
  #bar = h("div", { class: "toolbar" });
  #foot = h("div", { class: "pager" });
  #reminders = {};
  #done = [];
  #around = []; // ids of the last list that held the chosen case: a message may bring the next list before the answer does
  #following = null; // after a decision: ids in the order in which one of them is chosen
  #view;
  #map = new CaseMap((caseId) => this.#open(caseId));
  #board = new Board();
  #side = h("div", { class: "desk-side" });
  #shown = "case"; // or map, or board
  #endings = [];
  #missed = false;
  #loads = 0;

  // `context`: {socket, person}.
  constructor(context) {
    this.#context = context;
    this.#view = new CaseView(context.person, (decided) => this.#decided(decided));
    const list = h("section", { class: "desk-list", "aria-label": t("nav.cases") }, this.#bar, this.#list, this.#foot);
    fill(this.#side, this.#view.element);
    this.element = h("main", { class: "desk" }, list, this.#side);
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
      stopped(setInterval(() => this.#load(), LIGHTS_MS)),
    ];
    this.#chosen = caseId || null;
    await this.#load();
    if (caseId && !this.#cases.some((found) => found.id === caseId)) await this.#choose(caseId);
  }

  hide() {
    for (const end of this.#endings) end();
    this.#map.hide();
    this.#board.hide();
    this.#view.clear();
  }

  // Asks for the list anew; what was chosen stays, unless it was decided and has left the list.
  async #load() {
    this.#missed = false;
    const load = ++this.#loads;
    const query = this.#query();
    try {
      const asked = [get(`/api/cases?${query}&page=${this.#page}&size=${PAGE_SIZE}`), get("/api/cases/reminders"), loadWorkflow()];
      const [found, { counts }] = await Promise.all(asked);
      if (load !== this.#loads) return; // something else was asked for meanwhile
      [this.#cases, this.#total, this.#more, this.#reminders] = [found.cases, found.total, found.is_more, counts];
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
      return;
    }
    const isListed = (id) => this.#cases.some((found) => found.id === id);
    if (this.#following && !isListed(this.#chosen)) {
      this.#chosen = this.#following.find(isListed) ?? this.#cases[0]?.id ?? this.#chosen;
    }
    this.#following = null;
    this.#build();
    if (this.#shown === "map") this.#map.show(query);
    if (this.#shown === "board") this.#board.show();
    const first = this.#chosen ?? this.#cases[0]?.id ?? null;
    if (first) await this.#choose(first);
    else this.#view.clear();
  }

  #query() {
    const narrowed = this.#stage ? inStates(statesOfStage(this.#stage)) : FILTERS[this.#filter];
    return [...narrowed, ...(this.#kind ? [`kind=${this.#kind}`] : [])].join("&");
  }

  // After a decision the desk goes on by itself: a case that has left the list makes room for the next one, else for
  // the one before. A case that is still in the list stays, as there is more to do with it.
  async #decided({ id, number, action }) {
    if (action) this.#done = [{ id, number, action }, ...this.#done].slice(0, UNDONE);
    const at = this.#around.indexOf(id);
    // Kept, as a message about the case may have the list asked for once more before this answer is here.
    if (at >= 0 && id === this.#chosen) this.#following = [...this.#around.slice(at + 1), ...this.#around.slice(0, at).reverse()];
    await this.#load();
    if (this.#chosen === id) await this.#view.refresh();
  }

  // Takes the newest decision back, where the workflow lets this person reopen the case.
  async #undo() {
    const [last, ...before] = this.#done;
    if (!last) {
      toast(t("desk.nothing_to_undo"));
      return;
    }
    this.#done = before;
    try {
      const { case: found } = await get(`/api/cases/${last.id}`);
      if (found.actions.includes("reopen")) {
        await post(`/api/cases/${last.id}/actions`, { action: "reopen", reason: "by_mistake", revision: found.revision });
        toast(t("desk.undone", last), "good");
      } else {
        toast(t("desk.cannot_undo", { number: last.number, action: word("action", last.action) }), "bad");
      }
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
    }
    this.#chosen = last.id;
    await this.#load();
  }

  #build() {
    const filters = Object.keys(FILTERS).map((name) => {
      const count = this.#reminders[REMINDED[name]];
      return h("button", {
        type: "button", class: "segment", "aria-pressed": String(name === this.#filter && !this.#stage),
        onclick: () => this.#narrow({ filter: name }),
      }, word("filter", name), count ? h("b", { class: `reminder ${name}` }, String(count)) : null);
    });
    const kinds = h("select", { "aria-label": t("desk.kind") },
      h("option", { value: "" }, t("desk.every_kind")),
      valuesOf("offence").map((kind) => h("option", { value: kind, selected: kind === this.#kind }, word("offence", kind))));
    kinds.addEventListener("change", () => this.#narrow({ kind: kinds.value, stage: this.#stage }));
    const views = ["map", "board"].map((name) =>
      button(word("desk", name), { symbol: name, quiet: true, "aria-pressed": String(this.#shown === name), onclick: () => this.#turn(name) }));
    const group = h("div", { class: "segments", role: "group", "aria-label": t("desk.filter") }, filters);
    fill(this.#bar, h("div", { class: "desk-filters" }, group, h("div", { class: "desk-views" }, views)), kinds, ...this.#stageFilter());
    fill(this.#list, this.#cases.map((found) => this.#row(found)),
      this.#cases.length ? null : h("li", { class: "empty" }, t("desk.empty")));
    this.#buildFoot();
  }

  #buildFoot() {
    const pages = Math.min(Math.max(1, Math.ceil(this.#total / PAGE_SIZE)), 1 + Math.floor(DEEPEST / PAGE_SIZE));
    const count = this.#more ? `${this.#total}+` : this.#total;
    const turn = (step) => () => this.#narrow({ stage: this.#stage, page: Math.min(pages - 1, Math.max(0, this.#page + step)) });
    fill(this.#foot,
      button(t("wall.previous"), { symbol: "back", quiet: true, onclick: turn(-1), disabled: this.#page === 0 }),
      h("span", { class: "muted" }, t("desk.count", { count, page: this.#page + 1, pages })),
      button(t("wall.next"), { symbol: "next", quiet: true, onclick: turn(1), disabled: this.#page >= pages - 1 }));
  }

  // Shows the map or the board beside the list, or the case again.
  #turn(name) {
    this.#shown = this.#shown === name ? "case" : name;
    if (this.#shown !== "map") this.#map.hide();
    if (this.#shown !== "board") this.#board.hide();
    const views = { case: this.#view, map: this.#map, board: this.#board };
    fill(this.#side, views[this.#shown].element);
    this.#build();
    if (this.#shown === "map") this.#map.show(this.#query());
    if (this.#shown === "board") this.#board.show();
  }

  async #open(caseId) {
    if (this.#shown !== "case") this.#turn(this.#shown);
    await this.#choose(caseId);
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
        "aria-current": found.id === this.#chosen ? "true" : false, onclick: () => this.#open(found.id),
      },
      h("img", { src: found.thumbnail, alt: "", loading: "lazy", width: 96, height: 54 }),
      h("span", { class: "case-words" },
        h("span", { class: "row" }, h("strong", {}, word("offence", found.kind)),
          h("span", { class: `badge ${found.state}` }, word("state", found.state))),
        h("span", { class: "muted clip" }, found.camera_name),
        h("span", { class: "muted" }, `${clock(found.raised_at)} · ${found.number}`),
        heldBadge(found),
        found.proposal ? h("span", { class: `proposed ${found.proposal}` }, t("closing.proposed", { what: word("proposal", found.proposal) })) : null,
        found.time ? h("span", { class: isLate(found) ? "standing late" : "standing" }, lightDot(found.time), dueWords(found.due_at ?? found.stage_due_at, found.time)) : null)));
  }

  #narrow({ filter = this.#filter, kind = this.#kind, stage = 0, page = 0 }) {
    [this.#filter, this.#kind, this.#stage, this.#page, this.#chosen, this.#following] = [filter, kind, stage, page, null, null];
    this.#load();
  }

  async #choose(caseId) {
    this.#chosen = caseId;
    for (const row of this.#list.querySelectorAll(".case-row")) {
      if (row.dataset.case === caseId) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    if (caseId !== this.#seen) this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" }); // else the list stays as it was scrolled
    this.#seen = caseId;
    if (this.#cases.some((found) => found.id === caseId)) this.#around = this.#cases.map((found) => found.id);
    history.replaceState(null, "", `#/cases/${caseId}`);
    await this.#view.show(caseId);
    if (caseId !== this.#chosen) return; // another one was chosen meanwhile
    const next = this.#cases[this.#cases.findIndex((found) => found.id === caseId) + 1];
    if (next) this.#view.prepare(next.id);
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
    const pressed = event.key.toLowerCase();
    if (pressed === "z") this.#undo();
    else if (pressed === "g") this.#turn("map");
    else if (!this.#view.key(pressed)) return;
    event.preventDefault();
  }

  #move(step) {
    const at = this.#cases.findIndex((found) => found.id === this.#chosen);
    const next = this.#cases[Math.min(this.#cases.length - 1, Math.max(0, at + step))];
    if (next) this.#choose(next.id);
  }
}

const stopped = (timer) => () => clearInterval(timer);
