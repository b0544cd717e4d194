// One case: its pictures and clip, why it was raised, what has happened since, and what may be done now.

import { closingSection, lookWords } from "./closing.js";
import { itemOf, said } from "./codes.js";
import { Comparison } from "./compare.js";
import { button, fill, h, toast } from "./dom.js";
import { evidenceBar } from "./evidence_bar.js";
import { examinationsSection, examinationWords, heldBadge } from "./examinations.js";
import { warnCase } from "./horns.js";
import { askHeld, askOrder, toldWords } from "./order.js";
import { PicturesAhead, caption, clipPlayer, figure, fileList, loadCase, stillsOf, stopLoading } from "./pictures.js";
import { placeNotices, placeSection } from "./place.js";
import { readingsSection } from "./readings.js";
import { get, post } from "./request.js";
import { problemWords, reasonWords, saidWords } from "./sentences.js";
import { mayAct } from "./session.js";
import { isLate, lightDot, standingWords } from "./standing.js";
import { clock, day, has, quantity, t, word } from "./text.js";
import { loadWorkflow, stageOf } from "./workflow.js";

// Each key does the first of its actions that is possible: N leads a case on, B gives it back.
const KEYS = {
  c: ["confirm"], x: ["dismiss", "decline"], w: ["warn"], f: ["file"], l: ["close"], r: ["reopen"], m: ["merge"],
  n: ["accept", "verified", "approve", "dispatch", "start", "report", "feed_back", "pass_check", "resume"],
  b: ["send_back", "reject", "rework"], v: ["verify"],
};
const LOOKS = {
  confirm: { symbol: "check", kind: "good" },
  dismiss: { symbol: "cross" },
  warn: { symbol: "horn", kind: "warning" },
  file: { symbol: "file", kind: "primary" },
  close: { symbol: "archive" },
  reopen: { symbol: "undo" },
  ...Object.fromEntries(KEYS.n.filter((action) => action !== "pass_check").map((action) => [action, { symbol: "next", kind: "primary" }])),
  pass_check: { symbol: "check", kind: "good" },
  decline: { symbol: "cross" },
  send_back: { symbol: "back" },
  reject: { symbol: "back" },
  rework: { symbol: "back", kind: "warning" },
  verify: { symbol: "eye" },
};
const VIEW_KEYS = { s: "compare", o: "marked" };
const STORED = "evidence"; // how pictures are shown, which stays from case to case

export class CaseView {
  #person;
  #onDecided;
  #case = null;
  #history = [];
  #place = Promise.resolve(null);
  #wanted = null;
  #deciding = null;
  #ahead = new PicturesAhead();
  #comparison = null;
  #evidence = h("div");

  // `onDecided({id, number, action})` is called after a decision was taken here.
  constructor(person, onDecided) {
    this.#person = person;
    this.#onDecided = onDecided;
    this.element = h("section", { class: "case", "aria-label": t("case.title"), tabindex: "-1" });
    this.clear();
  }

  clear() {
    this.#case = this.#wanted = null;
    this.#ahead.clear();
    stopLoading(this.element);
    fill(this.element, h("p", { class: "empty" }, t("case.none")));
  }

  async show(caseId) {
    this.#wanted = caseId;
    let answer;
    try {
      [answer] = await Promise.all([loadCase(caseId), loadWorkflow()]);
    } catch (refusal) {
      this.clear();
      toast(problemWords(refusal), "bad");
      return;
    }
    if (this.#wanted !== caseId) return; // another one was chosen meanwhile
    const isAsShown = this.#isAsShown(answer);
    this.#case = isAsShown ? { ...answer.case, files: this.#case.files } : answer.case;
    if (isAsShown) {
      this.element.querySelector(".case-head").replaceWith(this.#head()); // its light may have changed
      return;
    }
    this.#history = answer.history;
    this.#build();
  }

  // Fetches the pictures of the case that will be looked at next.
  prepare(caseId) {
    this.#ahead.fetch(caseId).catch(() => {}); // it will be asked for again when it is shown, and said then
  }

  async refresh() {
    if (this.#case) await this.show(this.#case.id);
  }

  // Does what a key stands for; says whether it stood for anything.
  key(pressed) {
    if (pressed in VIEW_KEYS && this.#case) {
      if (VIEW_KEYS[pressed] === "compare") this.#toggleComparison();
      else this.#comparison?.toggleMarked();
      return true;
    }
    const action = KEYS[pressed]?.find((each) => this.#case?.actions.includes(each));
    if (!action) return false;
    this.#decide(action);
    return true;
  }

  // A clip that is playing is not disturbed by a message that changes nothing here.
  #isAsShown(answer) {
    const mark = (found, history) => `${found.id} ${found.revision} ${history.length} ${found.files.length}`;
    return this.#case !== null && mark(answer.case, answer.history) === mark(this.#case, this.#history);
  }

  #build() {
    const found = this.#case;
    const [notices, place, read] = [h("div", { class: "place-notices" }), h("div", {}), h("div", {})];
    stopLoading(this.element);
    this.#showEvidence();
    this.#loadPlace(notices, place);
    this.#loadReadings(read);
    const missing = found.incomplete.map((what) => word("missing", what)).join(t("case.and"));
    fill(
      this.element,
      this.#head(),
      this.#actions(),
      examinationsSection(found, this.#history),
      closingSection(found, this.#history, {
        show: (file, words) => figure(file, words, this.#ahead),
        decide: mayAct(this.#person, "operator") ? (...told) => this.#decide(...told) : null,
      }),
      notices,
      this.#evidence,
      evidenceBar(found, this.#person, () => this.refresh()),
      found.incomplete.length ? h("p", { class: "notice" }, t("case.incomplete", { what: missing })) : null,
      h("div", { class: "case-columns" },
        h("div", {}, h("h3", {}, t("case.why")), this.#reasons(), read, place, h("h3", {}, t("case.files")), fileList(found.files)),
        h("div", {}, h("h3", {}, t("case.timeline")), this.#timeline())),
    );
    this.element.scrollTop = 0;
  }

  #showEvidence() {
    const stills = stillsOf(this.#case);
    const clip = this.#case.files.find((file) => file.role === "clip");
    const isBeside = localStorage.getItem(STORED) === "compare" && stills.length > 0;
    this.#comparison = isBeside ? new Comparison(this.#ahead) : null;
    this.#comparison?.show(this.#case);
    const shown = this.#comparison?.element
      ?? h("div", { class: "evidence" }, stills.map((file) => figure(file, caption(file, stills), this.#ahead)), clip ? clipPlayer(clip) : null);
    fill(this.#evidence, shown);
  }

  #toggleComparison() {
    localStorage.setItem(STORED, this.#comparison ? "all" : "compare");
    this.#showEvidence();
  }

  // The place comes after the rest: nobody waits for it, but the dialogs that propose something from it.
  #loadPlace(notices, section) {
    const { id } = this.#case;
    this.#place = get(`/api/cases/${encodeURIComponent(id)}/place`).catch(() => null);
    this.#place.then((place) => {
      if (!place || this.#case?.id !== id) return;
      const mayMerge = mayAct(this.#person, "operator") && this.#case.actions.includes("merge");
      fill(notices, placeNotices(place, mayMerge ? (into) => this.#decide("merge", { into }) : null));
      fill(section, placeSection(place));
    });
  }

  // What was read comes after the rest; while it is being read there is nothing to show.
  async #loadReadings(section) {
    const { id } = this.#case;
    const read = await get(`/api/cases/${encodeURIComponent(id)}/readings`).catch(() => null);
    if (read && this.#case?.id === id) fill(section, readingsSection(read, this.#history));
  }

  #head() {
    const found = this.#case;
    const stage = stageOf(found.state);
    const standing = standingWords(found);
    const end = found.ended_at ? t("case.until", { time: clock(found.ended_at) }) : t("case.going_on");
    return h(
      "header", { class: "case-head" },
      h("div", { class: "row" },
        h("h2", {}, word("offence", found.kind)), h("span", { class: `badge ${found.state}` }, word("state", found.state)), heldBadge(found),
        stage ? h("span", { class: "muted stage-place" }, t("stage.place", stage)) : null,
        h("span", { class: "spring" }), h("code", {}, found.number)),
      h("p", {}, `${found.camera_name} · ${found.zone_name} · ${day(found.started_at)} ${clock(found.started_at)} ${end}`),
      standing.length ? h("p", { class: isLate(found) ? "standing late" : "standing" }, lightDot(found.time), standing.join(" · ")) : null,
      this.#condition(),
    );
  }

  // The filing condition in the words of the city's table, which come after the rest.
  #condition() {
    const { code, handling } = this.#case;
    if (!handling.condition) return null;
    const line = h("p", { class: "condition" }, t("standing.condition", { number: handling.condition }));
    itemOf(code).then((item) => {
      const chosen = item?.conditions.find((each) => each.number === handling.condition);
      if (chosen) line.append(`${t("condition.is")}${said(chosen.filing)}${chosen.limit ? ` · ${t("condition.limit", { limit: said(chosen.limit) })}` : ""}`);
    }, () => {}); // the number stands there
    return line;
  }

  #actions() {
    if (!mayAct(this.#person, "operator")) return h("p", { class: "muted" }, t("case.look_only"));
    const keys = Object.fromEntries(Object.entries(KEYS).flatMap(([key, actions]) => actions.map((action) => [action, key.toUpperCase()])));
    const make = (action) => button(word("action", action), { ...LOOKS[action], key: keys[action], onclick: () => this.#decide(action) });
    const usual = Object.keys(LOOKS).filter((action) => this.#case.actions.includes(action));
    const rare = this.#case.actions.filter((action) => !(action in LOOKS));
    const more = rare.length ? h("details", { class: "more" }, h("summary", {}, t("case.more")), h("div", { class: "actions" }, rare.map(make))) : null;
    const hint = h("span", { class: "muted hint" }, t("desk.keys"));
    const beside = button(t("compare.title"), { symbol: "beside", key: "S", onclick: () => this.#toggleComparison() });
    const none = this.#case.actions.length ? null : h("span", { class: "muted" }, t("case.nothing_to_do"));
    return h("div", { class: "actions" }, usual.map(make), none, more, h("span", { class: "spring" }), beside, hint);
  }

  // `proposed` stands in the dialog that asks what the action needs.
  async #decide(action, proposed = {}) {
    const seen = `${this.#case.id} ${this.#case.revision}`;
    if (!mayAct(this.#person, "operator") || this.#deciding === seen) return;
    this.#deciding = seen; // a key that is held down decides once; the next step waits for nothing but its case
    let decided = null;
    try {
      decided = await this.#carryOut(action, proposed);
    } finally {
      if (this.#deciding === seen) this.#deciding = null;
    }
    if (decided) await this.#onDecided(decided);
  }

  // Returns what was decided, {id, number, action}; of a refusal `action` is null. Null where nothing was asked of the
  // server, so that the list cannot have changed.
  async #carryOut(action, proposed) {
    const { id, number, revision } = this.#case;
    if (action === "warn") {
      await warnCase(id);
      return null;
    }
    const order = await askOrder(action, this.#case, { place: this.#place, proposed });
    if (order === null) return null;
    const given = proposed.reason ? { reason: proposed.reason } : {}; // where the step asks for none
    const isDone = await this.#send(`/api/cases/${id}/actions`, { action, revision, ...given, ...order });
    if (isDone === null) return null;
    if (!isDone) await this.refresh();
    return { id, number, action: isDone ? action : null };
  }

  // Says whether the server did it; null where it wants a reason and nobody gave one.
  async #send(path, order) {
    try {
      await post(path, order);
      toast(t("case.done", { action: word("action", order.action) }), "good");
      return true;
    } catch (refusal) {
      if (refusal.code !== "filing_held") {
        toast(problemWords(refusal), "bad");
        return false;
      }
      const reason = await askHeld(problemWords(refusal));
      return reason ? this.#send(path, { ...order, reason }) : null;
    }
  }

  #reasons() {
    const found = this.#case;
    const lines = found.reasons.map((reason) => h("li", {}, reasonWords(reason)));
    const label = found.kind === "flyers" ? "flyers" : found.class_label; // models know no paper: it is found as a change
    const what = t("case.what", { label: word("label", label), score: Math.round(found.score * 100) });
    const zone = t("case.zone", { name: found.zone_name, version: found.zone_version });
    return h("ul", { class: "reasons" }, h("li", {}, what), lines, h("li", { class: "muted" }, zone));
  }

  #timeline() {
    const warnings = [...this.#case.warnings]; // in the order of their rows in the history
    const rows = this.#history.map((row) => {
      const warning = row.action === "add_warning" ? warnings.shift() : null;
      return warning ? warningRow(warning) : historyRow(row);
    });
    return h("ol", { class: "timeline" }, rows);
  }
}

function historyRow(row) {
  const reason = row.reason ? (has(`quick.${row.reason}`) ? word("quick", row.reason) : saidWords(row.reason, row.said)) : "";
  const told = [...toldWords(row.detail), ...lookWords(row), ...examinationWords(row)].join(" · ");
  return h("li", { class: row.action },
    h("time", { datetime: row.at }, clock(row.at)),
    h("div", {}, h("strong", {}, word("happened", row.action)), reason ? h("span", {}, ` ${reason}`) : null,
      told ? h("div", {}, told) : null,
      h("div", { class: "muted" }, row.actor === "system" ? t("case.by_program") : row.actor)));
}

function warningRow(warning) {
  const receipt = [
    t("horn.receipt", { horn: warning.horn_id, seconds: quantity(warning.duration_s, "s"), codec: warning.codec || "-" }),
    warning.file ? t("horn.file", { file: warning.file }) : "",
    saidWords(warning.detail, warning.said),
  ].filter(Boolean).join(" · ");
  return h("li", { class: `warning ${warning.ok ? "" : "failed"}` },
    h("time", { datetime: warning.started_at }, clock(warning.started_at)),
    h("div", {}, h("strong", {}, t(warning.ok ? "case.warned" : "case.warning_failed", { level: warning.level })),
      h("div", { class: "spoken" }, warning.text), h("div", { class: "muted", title: warning.detail }, receipt)));
}
