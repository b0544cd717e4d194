// The dialog in which somebody says what an action needs: a reason, a unit, a date, another case.

import { itemOf, said } from "./codes.js";
import { ask, button, h } from "./dom.js";
import { proposedParent, proposedUnit } from "./place.js";
import { get } from "./request.js";
import { has, t, word } from "./text.js";
import { ruleOf } from "./workflow.js";

// Reasons that a digit chooses; what is stored is the key, so that they can be counted.
const QUICK_REASONS = {
  dismiss: ["not_an_offence", "permitted", "waiting", "light_or_weather", "duplicate"],
  close: ["handled", "gone", "passed_on"],
  reopen: ["came_back", "by_mistake"],
  decline: ["not_ours", "no_offence_found", "not_enough_evidence"],
  verified: ["offence_found", "no_offence_found"],
  send_back: ["not_ours", "wrong_place", "not_enough_evidence"],
  report: ["cleared", "offender_left", "fined"],
  reject: ["not_done", "evidence_missing"],
  rework: ["still_there", "came_back"],
};
const CHOICES = {
  kind: ["timeout", "leader", "important"],
  complaint: ["public", "hotline"],
  answer: ["satisfied", "mostly", "dissatisfied"],
};
const choice = (field) => () => h("select", {}, CHOICES[field].map((value) => h("option", { value }, chosenWord(field, value))));
const FIELDS = {
  unit: () => h("input", { maxlength: 128, list: "known-units" }),
  handler: () => h("input", { maxlength: 200 }),
  until: () => h("input", { type: "date", min: tomorrow() }),
  into: () => h("input", { maxlength: 32, placeholder: "SW202611210001" }),
  condition: (item) => (item ? conditionChoice(item) : h("input", { type: "number", min: 1, max: 99, step: 1 })),
  kind: choice("kind"),
  complaint: choice("complaint"),
  answer: choice("answer"),
};

// Returns what the action needs besides its name, {reason, unit, ...}, or null where the dialog was left. Of the case
// `found` unit and condition are proposed again; `context`: {place, proposed}, where `place` promises what is known of its
// place, and `proposed` holds values that were chosen before; a reason among them is offered first.
export async function askOrder(action, found, { place, proposed }) {
  const rule = ruleOf(action);
  if (!rule.needs_reason && !rule.needs.length && !rule.takes.length) return {};
  const fields = [...rule.needs, ...rule.takes];
  const [item, known, units] = await Promise.all([
    fields.includes("condition") ? itemOf(found.code).catch(() => null) : null, // the number can be typed as well
    fields.some((field) => ["unit", "into"].includes(field)) ? place : null,
    fields.includes("unit") ? get("/api/places/units").then((found) => found.units, () => []) : [], // the server refuses others anyway
  ]);
  const unit = found.handling.unit || proposedUnit(known);
  const start = { condition: found.handling.condition, unit, into: proposedParent(known), ...proposed };
  const inputs = Object.fromEntries(fields.map((field) => [field, makeInput(field, rule.needs.includes(field), start, item)]));
  const offered = [...new Set([proposed.reason, ...(QUICK_REASONS[action] ?? [])])].filter(Boolean);
  const reasons = rule.needs_reason ? offered : [];
  const own = rule.needs_reason ? h("input", { id: "own-reason", maxlength: 300, autocomplete: "off" }) : null;
  const first = (proposed.reason ? null : Object.values(inputs)[0]) ?? (reasons.length ? null : own); // else the first quick reason is
  first?.setAttribute("autofocus", "");
  let form = null;
  const finish = (close, reason) => {
    if (form.reportValidity()) close({ ...values(inputs), ...(rule.needs_reason ? { reason } : {}) });
  };
  const build = (close) => {
    const asked = Object.entries(inputs).map(([field, input]) =>
      [h("label", { for: input.id }, word("detail", field)), input, item && field === "condition" ? chosenWords(input, item) : null]);
    const quick = reasons.map((reason, i) =>
      button(word("quick", reason), { key: String(i + 1), kind: "wide", autofocus: i === 0 && !first, onclick: () => finish(close, reason) }));
    const label = own ? h("label", { for: "own-reason" }, t(reasons.length ? "case.own_reason" : "case.reason")) : null;
    const offer = units.length ? h("datalist", { id: "known-units" }, units.map((unit) => h("option", { value: unit }))) : null;
    form = h("form", { class: "stack" }, asked, offer, quick, label,
      h("div", { class: "row" }, own, button(t("dialog.ok"), { kind: "primary", type: "submit" })));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!own || own.value.trim()) finish(close, own?.value.trim());
    });
    return form;
  };
  const onKey = (event, close) => {
    if (event.key === "Enter" && event.target.matches("select")) { // a list by itself does not send its form
      event.preventDefault();
      form.requestSubmit();
    }
    const reason = event.target.matches("input, select") ? null : reasons[Number(event.key) - 1];
    if (reason) finish(close, reason);
  };
  const title = own ? t("case.reason_title", { action: word("action", action) }) : word("action", action);
  return ask(title, build, onKey);
}

// Returns what an order told, as it stands in the history of a case.
export const toldWords = (detail) =>
  Object.keys(FIELDS)
    .filter((field) => detail[field] !== undefined)
    .map((field) => `${word("detail", field)} ${toldValue(field, detail[field])}`);

function toldValue(field, value) {
  if (field === "until") return new Date(value).toLocaleDateString();
  return field in CHOICES ? chosenWord(field, value) : value;
}

function chosenWord(field, value) {
  if (field === "complaint") return word("complaint", value);
  if (field === "answer") return word("answer", value);
  return has(`supervision.${value}`) ? word("supervision", value) : value;
}

function makeInput(field, isNeeded, start, item) {
  const input = FIELDS[field](item);
  input.value = start[field] ?? input.value;
  input.id = `order-${field}`;
  input.required = isNeeded;
  input.autocomplete = "off";
  return input;
}

// A list of the conditions in the words of the city's table; none may be chosen, and then the shortest limit holds.
function conditionChoice(item) {
  const short = (words) => (words.length > 60 ? `${words.slice(0, 59)}…` : words);
  return h("select", { class: "wide" }, h("option", { value: "" }, t("condition.none")),
    item.conditions.map((each) => h("option", { value: String(each.number) }, `${each.number} · ${short(said(each.filing))}`)));
}

// Returns what the chosen condition says in full, when it is closed, and the limit that follows from it.
function chosenWords(choice, item) {
  const words = h("div", { class: "condition-words", role: "status" });
  const show = () => {
    const chosen = item.conditions.find((each) => String(each.number) === choice.value);
    words.replaceChildren(...(chosen ? [
      h("p", {}, said(chosen.filing)),
      said(chosen.closing) ? h("p", { class: "muted" }, t("condition.closing", { words: said(chosen.closing) })) : "",
      h("p", {}, chosen.limit ? t("condition.limit", { limit: said(chosen.limit) }) : t("condition.no_limit")),
    ] : [h("p", { class: "muted" }, t("condition.shortest", { name: said(item.name) }))]));
  };
  choice.addEventListener("change", show);
  show();
  return words;
}

// Asks why something is filed although `holding` holds it back; returns the reason, or null where the dialog was left.
export function askHeld(holding) {
  const why = h("input", { id: "own-reason", maxlength: 300, autocomplete: "off", required: true, autofocus: true });
  return ask(t("case.held"), (close) => {
    const form = h("form", { class: "stack" }, h("p", { class: "notice" }, holding),
      h("label", { for: "own-reason" }, t("case.reason")), why, button(t("dialog.ok"), { kind: "primary", type: "submit" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (why.value.trim()) close(why.value.trim());
    });
    return form;
  });
}

function values(inputs) {
  const filled = Object.entries(inputs).filter(([, input]) => input.value.trim());
  return Object.fromEntries(filled.map(([field, input]) => [field, readValue(field, input.value.trim())]));
}

// A day begins at midnight where the person sits.
function readValue(field, text) {
  if (field === "until") return new Date(`${text}T00:00`).toISOString();
  return field === "condition" ? Number(text) : text;
}

function tomorrow() {
  const day = new Date(Date.now() + 86_400_000);
  const two = (number) => String(number).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
