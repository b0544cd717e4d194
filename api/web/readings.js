// What was read on the pictures of a case: plate, numbers, text; and the other cases on which the same was read.

import { h } from "./dom.js";
import { t, word } from "./text.js";

export const READERS = ["plates", "posters"]; // examiners that read

// Returns the section of a case from what the server tells and the case's history, or null where nobody read.
export function readingsSection({ readings, alike, plates_hidden: isHidden }, history) {
  const said = history.filter(({ action, detail }) => action === "examine" && READERS.includes(detail.examiner));
  if (!readings.length && !isHidden && !said.length) return null;
  const [lines, marks] = [readings.filter(({ kind }) => kind === "text"), readings.filter(({ kind }) => kind !== "text")];
  return h("section", { class: "readings", "aria-label": t("read.title") },
    h("h3", {}, t("read.title")),
    said.map(({ detail }) => h("p", { class: detail.verdict === "doubts" ? "notice" : "muted", "data-said": detail.reason }, judged(detail))),
    isHidden ? h("p", { class: "muted" }, t("read.hidden")) : null,
    marks.length ? h("dl", { class: "place-facts" }, marks.map((mark) => fact(mark, alike))) : null,
    lines.length ? h("p", { class: "read-text" }, lines.map((line) => h("span", { class: line.is_sure ? "" : "muted" }, told(line), " "))) : null,
    same(t("read.same_text"), alike.filter(({ kind }) => kind === "text")));
}

// Says what the reader took it for, and what else it found.
const judged = ({ reason, facts }) => [word("examined", reason), ...facts.map(({ key, value }) =>
  t("read.fact", { name: word("examfact", key), value: key === "print" ? word("printkind", value) : value }))].join(" · ");

function fact(mark, alike) {
  const others = alike.filter(({ kind, value }) => kind === mark.kind && value && value === mark.value);
  return h("div", { "data-reading": mark.kind }, h("dt", {}, word("read", mark.kind)),
    h("dd", {}, h("strong", {}, told(mark)), h("span", { class: "muted" }, ` ${Math.round(mark.score * 100)} %`), same(t("read.same"), others)));
}

// What is not sure is never shown as if it were.
const told = ({ shown, is_sure: isSure }) => (isSure ? shown : t("read.unsure", { shown }));

function same(words, others) {
  if (!others.length) return null;
  const links = others.map(({ id, number, is_sure: isSure }) => h("li", {},
    h("a", { href: `#/cases/${encodeURIComponent(id)}` }, number), isSure ? null : h("span", { class: "muted" }, ` ${t("read.perhaps")}`)));
  return h("div", { class: "alike" }, h("span", { class: "muted" }, words), h("ul", { class: "earlier" }, links));
}
