// The dialog in which somebody says what an action needs: a reason, a unit, a date, another case.

import { ask, button, h } from "./dom.js";
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
const KINDS = ["timeout", "leader", "important"];
const FIELDS = {
  unit: () => h("input", { maxlength: 128 }),
  handler: () => h("input", { maxlength: 200 }),
  until: () => h("input", { type: "date", min: tomorrow() }),
  into: () => h("input", { maxlength: 32, placeholder: "SW202611210001" }),
  condition: () => h("input", { type: "number", min: 1, max: 99, step: 1 }),
  kind: () => h("select", {}, KINDS.map((kind) => h("option", { value: kind }, word("supervision", kind)))),
};

// Returns what the action needs besides its name, {reason, unit, ...}, or null where the dialog was left. `handling` is
// where the case stands: its unit and condition are proposed again. `filled` goes before it: fields, and a reason that is
// offered first.
export async function askOrder(action, handling, filled = {}) {
  const rule = ruleOf(action);
  if (!rule.needs_reason && !rule.needs.length && !rule.takes.length) return {};
  const inputs = Object.fromEntries([...rule.needs, ...rule.takes].map((field) => [field, makeInput(field, rule.needs.includes(field), { ...handling, ...filled })]));
  const offered = [...new Set([filled.reason, ...(QUICK_REASONS[action] ?? [])])].filter(Boolean);
  const reasons = rule.needs_reason ? offered : [];
  const own = rule.needs_reason ? h("input", { id: "own-reason", maxlength: 300, autocomplete: "off" }) : null;
  const first = (filled.reason ? null : Object.values(inputs)[0]) ?? (reasons.length ? null : own); // else the first quick reason is
  first?.setAttribute("autofocus", "");
  let form = null;
  const finish = (close, reason) => {
    if (form.reportValidity()) close({ ...values(inputs), ...(rule.needs_reason ? { reason } : {}) });
  };
  const build = (close) => {
    const fields = Object.entries(inputs).map(([field, input]) => [h("label", { for: input.id }, word("detail", field)), input]);
    const quick = reasons.map((reason, i) =>
      button(word("quick", reason), { key: String(i + 1), kind: "wide", autofocus: i === 0 && !first, onclick: () => finish(close, reason) }));
    const label = own ? h("label", { for: "own-reason" }, t(reasons.length ? "case.own_reason" : "case.reason")) : null;
    form = h("form", { class: "stack" }, fields, quick, label,
      h("div", { class: "row" }, own, button(t("dialog.ok"), { kind: "primary", type: "submit" })));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!own || own.value.trim()) finish(close, own?.value.trim());
    });
    return form;
  };
  const onKey = (event, close) => {
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
  return field === "kind" && has(`supervision.${value}`) ? word("supervision", value) : value;
}

function makeInput(field, isNeeded, filled) {
  const input = FIELDS[field]();
  if (filled[field]) input.value = filled[field];
  input.id = `order-${field}`;
  input.required = isNeeded;
  input.autocomplete = "off";
  return input;
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
