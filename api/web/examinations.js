// Second opinions on a case: who said what before it was warned about or filed, and whether it is held back for that.

import { fill, h } from "./dom.js";
import { READERS } from "./readings.js";
import { clock, day, has, quantity, t, word } from "./text.js";

const TOLD_BY_THE_SENTENCE = ["case", "called_false_at", "paint"]; // facts that are part of `examined.*`, or of no use here

// Returns the section of a case, or null where nobody has said anything about it; what readers say stands with what they read.
export function examinationsSection(found, history) {
  const all = history.filter(({ action }) => action === "examine");
  const rows = all.filter(({ detail }) => !READERS.includes(detail.examiner));
  if (!rows.length && !found.held_back) return null;
  const doubts = all.filter(({ detail }) => READERS.includes(detail.examiner) && detail.verdict === "doubts")
    .map(({ detail }) => `${word("examiner", detail.examiner)}${t("exam.is")}${reasonOf(detail, detail.reason)}`);
  const held = found.held_back ? h("p", { class: "notice held" }, [t("exam.held"), ...doubts].join(" ")) : null;
  const said = h("ul", { class: "examinations" }, rows.map(examination));
  return h("section", { class: "second-opinions", "aria-label": t("exam.title") }, h("h3", {}, t("exam.title")), held, said);
}

// Returns what an examiner said, for the history of a case.
export function examinationWords(row) {
  if (row.action !== "examine") return [];
  const { examiner, verdict, reason } = row.detail;
  return [word("examiner", examiner), word("examverdict", verdict), reasonOf(row.detail, reason)];
}

// The badge of a case that is held back, null for any other.
export const heldBadge = (found) => (found.held_back ? h("span", { class: "badge held" }, t("exam.held_badge")) : null);

function examination(row) {
  const { examiner, verdict, reason, score, words, asked, took_s } = row.detail;
  const certain = score === null ? "" : t("exam.score", { score: Math.round(score * 100) });
  const beside = [certain, asked, t("exam.took", { seconds: quantity(took_s, "s") }), `${day(row.at)} ${clock(row.at)}`];
  const item = h("li", { class: verdict });
  fill(item,
    h("div", {}, h("strong", {}, word("examiner", examiner)), ` ${word("examverdict", verdict)} · ${reasonOf(row.detail, reason)}`),
    words ? h("blockquote", {}, words) : null,
    facts(row.detail.facts),
    h("div", { class: "muted" }, beside.filter(Boolean).join(" · ")));
  return item;
}

function reasonOf({ facts: found }, reason) {
  const values = Object.fromEntries(found.map(({ key, value }) => [key, value]));
  return has(`examined.${reason}`) ? t(`examined.${reason}`, values) : reason;
}

function facts(found) {
  const shown = found.filter(({ key }) => !TOLD_BY_THE_SENTENCE.includes(key));
  const line = ({ key, value, score }) =>
    h("li", {}, `${word("examfact", key)}${t("exam.is")}${value}${score === null ? "" : ` (${Math.round(score * 100)}%)`}`);
  return shown.length ? h("ul", { class: "reasons" }, shown.map(line)) : null;
}
