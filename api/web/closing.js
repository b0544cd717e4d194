// What the camera saw some time after dispatch: before and after side by side, what was measured, and the two steps that
// may follow. A person decides; the buttons are the usual steps, with the reason filled in.

import { button, h } from "./dom.js";
import { reasonWords } from "./sentences.js";
import { clock, day, t, word } from "./text.js";

// What stands in the history as the reason; a person may choose another one.
const FILLED = {
  pass_check: { reason: "camera_gone" },
  close: { reason: "camera_gone" },
  supervise: { reason: "camera_still_there", kind: "important" },
};

// Returns the section of a case, or null where the camera has not looked again. `show` makes a figure of a file and
// words; `decide` takes an action and what is filled in, null where the person may decide nothing.
export function closingSection(found, history, { show, decide }) {
  const look = found.closing;
  if (!look.finding && !look.delay) return null;
  const late = look.delay
    ? h("p", { class: "notice" }, t("closing.delayed", { why: word("delay", look.delay), time: clock(look.tried_at) }))
    : null;
  const parts = look.finding ? [verdict(look), sideBySide(found.files, show), measures(history), decide ? steps(found, decide) : null] : [];
  return h("section", { class: "closing", "aria-label": t("closing.title") }, h("h3", {}, t("closing.title")), parts, late);
}

function verdict(look) {
  const proposed = look.proposal ? t("closing.proposed", { what: word("proposal", look.proposal) }) : t("closing.nothing_proposed");
  const at = `${day(look.looked_at)} ${clock(look.looked_at)}`;
  return h("p", { class: `verdict ${look.finding}` }, h("strong", {}, word("finding", look.finding)), ` · ${at} · ${proposed}`);
}

function sideBySide(files, show) {
  const after = files.findLast((file) => file.purpose === "closing" && file.role === "close_up");
  const both = files.find((file) => file.pack === after?.pack && file.role === "marked");
  const before = files.find((file) => file.role === "close_up" && file.purpose === "opening");
  const pair = before && after ? [[before, t("closing.before")], [after, t("closing.after")]] : [[both, t("closing.both")]];
  return h("div", { class: "before-after" }, pair.filter(([file]) => file).map(([file, words]) => show(file, `${words} · ${clock(file.taken_at ?? file.captured_at)}`)));
}

function measures(history) {
  const look = history.findLast((row) => row.action === "look");
  return h("ul", { class: "reasons" }, (look?.detail.measures ?? []).map((measure) => h("li", {}, reasonWords(measure))));
}

function steps(found, decide) {
  const make = (action, isProposed) =>
    button(word("action", action), { kind: isProposed ? "primary" : "", onclick: () => decide(action, FILLED[action]) });
  const closing = ["pass_check", "close"].find((action) => found.actions.includes(action));
  const supervise = found.actions.includes("supervise") ? make("supervise", found.closing.proposal === "supervise") : null;
  const waits = found.closing.proposal === "close" && !closing ? h("span", { class: "muted" }, t("closing.not_yet")) : null;
  return h("div", { class: "actions" }, closing ? make(closing, found.closing.proposal === "close") : null, supervise, waits);
}

// Returns what a look or its delay told, for the history of a case.
export function lookWords(row) {
  if (row.action === "look_delayed") return [word("delay", row.detail.delay)];
  return row.action === "look" ? [word("finding", row.detail.finding), ...(row.detail.measures ?? []).map(reasonWords)] : [];
}
