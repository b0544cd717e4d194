// One case: its pictures and clip, why it was raised, what has happened since, and what may be done now.

import { closingSection, lookWords } from "./closing.js";
import { ask, button, fill, h, toast } from "./dom.js";
import { evidenceBar } from "./evidence_bar.js";
import { warnCase } from "./horns.js";
import { askOrder, toldWords } from "./order.js";
import { get, post } from "./request.js";
import { problemWords, reasonWords, saidWords } from "./sentences.js";
import { mayAct } from "./session.js";
import { standingWords } from "./standing.js";
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
const PICTURE_ORDER = ["marked", "act", "panorama", "close_up", "reference"];
const LATER = ["after_warning", "closing"];

export class CaseView {
  #person;
  #onDecided;
  #case = null;
  #history = [];
  #wanted = null;
  #deciding = null;

  // `onDecided` is called after a decision was taken here.
  constructor(person, onDecided) {
    this.#person = person;
    this.#onDecided = onDecided;
    this.element = h("section", { class: "case", "aria-label": t("case.title"), tabindex: "-1" });
    this.clear();
  }

  clear() {
    this.#case = this.#wanted = null;
    fill(this.element, h("p", { class: "empty" }, t("case.none")));
  }

  async show(caseId) {
    this.#wanted = caseId;
    let answer;
    try {
      [answer] = await Promise.all([get(`/api/cases/${encodeURIComponent(caseId)}`), loadWorkflow()]);
    } catch (refusal) {
      this.clear();
      toast(problemWords(refusal), "bad");
      return;
    }
    if (this.#wanted !== caseId) return; // another one was chosen meanwhile
    if (this.#isAsShown(answer)) return;
    [this.#case, this.#history] = [answer.case, answer.history];
    // The same address gives the original or the blurred copy; leave to see originals makes the history longer.
    for (const file of answer.case.files) file.href += `?seen=${answer.history.length}`;
    this.#build();
  }

  async refresh() {
    if (this.#case) await this.show(this.#case.id);
  }

  // Does what a key stands for; says whether it stood for anything.
  key(pressed) {
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
    const pictures = found.files
      .filter((file) => PICTURE_ORDER.includes(file.role))
      .sort((a, b) => rank(a) - rank(b) || a.pack - b.pack);
    const clip = found.files.find((file) => file.role === "clip");
    const missing = found.incomplete.map((what) => word("missing", what)).join(t("case.and"));
    fill(
      this.element,
      this.#head(),
      this.#actions(),
      closingSection(found, this.#history, { show: picture, decide: mayAct(this.#person, "operator") ? (...told) => this.#decide(...told) : null }),
      h("div", { class: "evidence" },
        pictures.map((file) => picture(file, caption(file, pictures))), clip ? clipPlayer(clip) : null),
      evidenceBar(found, this.#person, () => this.refresh()),
      found.incomplete.length ? h("p", { class: "notice" }, t("case.incomplete", { what: missing })) : null,
      h("div", { class: "case-columns" },
        h("div", {}, h("h3", {}, t("case.why")), this.#reasons(), h("h3", {}, t("case.files")), fileList(found.files)),
        h("div", {}, h("h3", {}, t("case.timeline")), this.#timeline())),
    );
    this.element.scrollTop = 0;
  }

  #head() {
    const found = this.#case;
    const stage = stageOf(found.state);
    const standing = standingWords(found.handling, found.is_overdue);
    const end = found.ended_at ? t("case.until", { time: clock(found.ended_at) }) : t("case.going_on");
    return h(
      "header", { class: "case-head" },
      h("div", { class: "row" },
        h("h2", {}, word("offence", found.kind)), h("span", { class: `badge ${found.state}` }, word("state", found.state)),
        stage ? h("span", { class: "muted stage-place" }, t("stage.place", stage)) : null,
        h("span", { class: "spring" }), h("code", {}, found.number)),
      h("p", {}, `${found.camera_name} · ${found.zone_name} · ${day(found.started_at)} ${clock(found.started_at)} ${end}`),
      standing.length ? h("p", { class: found.is_overdue ? "standing late" : "standing" }, standing.join(" · ")) : null,
    );
  }

  #actions() {
    if (!mayAct(this.#person, "operator")) return h("p", { class: "muted" }, t("case.look_only"));
    const keys = Object.fromEntries(Object.entries(KEYS).flatMap(([key, actions]) => actions.map((action) => [action, key.toUpperCase()])));
    const make = (action) => button(word("action", action), { ...LOOKS[action], key: keys[action], onclick: () => this.#decide(action) });
    const usual = Object.keys(LOOKS).filter((action) => this.#case.actions.includes(action));
    const rare = this.#case.actions.filter((action) => !(action in LOOKS));
    const more = rare.length ? h("details", { class: "more" }, h("summary", {}, t("case.more")), h("div", { class: "actions" }, rare.map(make))) : null;
    const hint = h("span", { class: "muted hint" }, t("desk.keys"));
    const none = this.#case.actions.length ? null : h("span", { class: "muted" }, t("case.nothing_to_do"));
    return h("div", { class: "actions" }, usual.map(make), none, more, h("span", { class: "spring" }), hint);
  }

  async #decide(action, filled) {
    const seen = `${this.#case.id} ${this.#case.revision}`;
    if (!mayAct(this.#person, "operator") || this.#deciding === seen) return;
    this.#deciding = seen; // a key that is held down decides once; the next step waits for nothing but its case
    let isDecided = false;
    try {
      isDecided = await this.#carryOut(action, filled);
    } finally {
      if (this.#deciding === seen) this.#deciding = null;
    }
    if (isDecided) await this.#onDecided();
  }

  // Says whether something was asked of the server, so that the list may have changed.
  async #carryOut(action, filled = null) {
    const { id, revision } = this.#case;
    if (action === "warn") {
      await warnCase(id);
      return false;
    }
    const proposed = filled ?? (await this.#proposed(action));
    const order = await askOrder(action, this.#case.handling, proposed);
    if (order === null) return false;
    const reason = filled?.reason ? { reason: filled.reason } : {};
    try {
      await post(`/api/cases/${id}/actions`, { action, revision, ...reason, ...order });
      toast(t("case.done", { action: word("action", action) }), "good");
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
    }
    await this.refresh();
    return true;
  }

  // Returns what the program proposed when the case was opened: the unit that is responsible, or what it is the same as.
  async #proposed(action) {
    if (!["dispatch", "merge"].includes(action)) return {};
    try {
      const { proposal } = await get(`/api/cases/${encodeURIComponent(this.#case.id)}/place`);
      return action === "merge" ? { into: proposal.kin_number } : { unit: this.#case.handling.unit || proposal.unit };
    } catch {
      return {}; // it is a help only
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
  const reason = row.reason ? (has(`quick.${row.reason}`) ? word("quick", row.reason) : saidWords(row.reason)) : "";
  const told = [...toldWords(row.detail), ...lookWords(row)].join(" · ");
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
    saidWords(warning.detail),
  ].filter(Boolean).join(" · ");
  return h("li", { class: `warning ${warning.ok ? "" : "failed"}` },
    h("time", { datetime: warning.started_at }, clock(warning.started_at)),
    h("div", {}, h("strong", {}, t(warning.ok ? "case.warned" : "case.warning_failed", { level: warning.level })),
      h("div", { class: "spoken" }, warning.text), h("div", { class: "muted", title: warning.detail }, receipt)));
}

// Pictures taken after a warning come last: before and after are looked at one after the other.
const rank = (file) => PICTURE_ORDER.indexOf(file.role) + (LATER.includes(file.purpose) ? PICTURE_ORDER.length : 0);

// Says what a picture is, with a number where there are several of its kind, and when it was taken.
function caption(file, pictures) {
  const isLater = (other) => LATER.includes(other.purpose);
  const kind = isLater(file) ? word("purpose", file.purpose) : word("role", file.role);
  const alike = pictures.filter((other) => other.role === file.role && isLater(other) === isLater(file));
  const number = alike.length > 1 ? ` ${alike.indexOf(file) + 1}` : "";
  // A pack's time is that of its last panorama; the first one is older, and no time is better than a wrong one.
  const isLast = !alike.some((other, i) => other.pack === file.pack && i > alike.indexOf(file));
  return isLast ? `${kind}${number} · ${clock(file.captured_at)}` : `${kind}${number}`;
}

function picture(file, words) {
  const open = () => ask(words, () => h("img", { class: "large", src: file.href, alt: words }));
  return h("figure", {},
    h("button", { type: "button", class: "picture-button", "aria-label": t("case.enlarge", { what: words }), onclick: open },
      h("img", { src: file.href, alt: words, loading: "lazy" })),
    h("figcaption", {}, words));
}

function clipPlayer(file) {
  const traits = { controls: true, preload: "metadata", playsinline: true, "aria-label": t("case.clip") };
  const video = h("video", { src: file.href, ...traits });
  video.muted = true;
  const words = h("figcaption", {}, `${t("case.clip")} · ${clock(file.captured_at)}`);
  video.addEventListener("error", () => { // H.265 in a browser without it; the evidence itself is fine
    const link = h("a", { href: file.href, download: file.name }, t("case.clip_download"));
    video.replaceWith(h("p", { class: "notice" }, `${t("case.clip_unplayable")} `, link));
  });
  return h("figure", { class: "clip-player" }, video, words);
}

function fileList(files) {
  return h("details", {}, h("summary", {}, t("case.file_count", { count: files.length })),
    h("ul", { class: "files" }, files.map((file) => h("li", {},
      h("a", { href: file.href, download: file.name }, `${file.pack}/${file.name}`),
      h("span", { class: "muted" }, ` ${quantity(file.size_bytes, "bytes")} `),
      h("code", { title: "SHA-256" }, file.sha256.slice(0, 12))))));
}
