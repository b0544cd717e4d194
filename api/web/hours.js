// The hours of a zone's rule: spans of the day in which it is in force, with their days and dates; none means always.

import { button, fill, h } from "./dom.js";
import { t, word } from "./text.js";

const CLOCK = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const FIRST_SPAN = { begin: "07:00", end: "22:00" };

// Returns the fields for `spans`; `onChange` gets the new spans. What is no time is marked, and refused by the server. A
// first span is `siteOffset` hours ahead of UTC, further ones as the one before.
export function hoursField(spans, siteOffset, onChange) {
  const rows = h("div", { class: "stack" });
  const build = () => fill(rows, spans.length
    ? spans.map((span, i) => row(span, (changes) => set(spans.map((old, k) => (k === i ? { ...old, ...changes } : old))),
      () => set(spans.filter((_, k) => k !== i), build)))
    : h("p", { class: "muted" }, t("hours.always")));
  const set = (changed, then = () => {}) => {
    spans = changed;
    onChange(changed);
    then();
  };
  const add = () => set([...spans, { ...FIRST_SPAN, utc_offset_h: spans.at(-1)?.utc_offset_h ?? siteOffset }], build);
  build();
  return h("fieldset", { class: "hours" }, h("legend", {}, t("hours.title")), rows,
    h("p", { class: "muted hint" }, t("hours.hint")),
    h("div", { class: "row end" }, button(t("hours.add"), { symbol: "plus", id: "hours-add", onclick: add })));
}

function row(span, onChange, onRemove) {
  const offset = h("input", {
    type: "number", min: -12, max: 14, step: "any", value: span.utc_offset_h, class: "offset", "aria-label": t("hours.utc_offset_h"),
  });
  offset.addEventListener("input", () => offset.value !== "" && onChange({ utc_offset_h: Number(offset.value) }));
  const clocks = h("div", { class: "row hours-row" },
    clockInput("begin", span.begin, onChange), h("span", {}, "–"), clockInput("end", span.end, onChange),
    h("span", { class: "muted" }, "UTC+"), offset,
    h("span", { class: "spring" }), button(t("hours.remove"), { symbol: "trash", quiet: true, onclick: onRemove }));
  return h("div", { class: "hours-span" }, clocks, daysOf(span, onChange));
}

// Returns on which days a span holds, folded away where it holds every day.
function daysOf({ days = [], off_dates: off = [], on_dates: on = [] }, onChange) {
  const open = days.length + off.length + on.length > 0;
  return h("details", { open, class: "hours-days" }, h("summary", {}, t("hours.days")),
    daysInput(days, onChange), datesInput("off_dates", off, onChange), datesInput("on_dates", on, onChange));
}

// Returns a box to tick for each day of the week; none ticked means every day.
function daysInput(days, onChange) {
  const boxes = WEEKDAYS.map((day) => {
    const box = h("input", { type: "checkbox", value: day, checked: days.includes(day) });
    box.addEventListener("change", () => onChange({ days: boxes.filter((each) => each.checked).map((each) => Number(each.value)) }));
    return box;
  });
  return h("div", { class: "row days-row" }, boxes.map((box, i) => h("label", {}, box, word("weekday", WEEKDAYS[i]))));
}

function datesInput(name, dates, onChange) {
  const input = h("input", { name, value: dates.join(" "), placeholder: "2026-10-01 2026-10-02", class: "dates" });
  const read = () => input.value.split(/[\s,，、;；]+/).filter(Boolean);
  const mark = () => input.setAttribute("aria-invalid", String(!read().every((date) => DATE.test(date))));
  input.addEventListener("input", () => {
    mark();
    onChange({ [name]: read() });
  });
  return h("label", { class: "dates-row" }, word("hours", name), input);
}

function clockInput(name, value, onChange) {
  const input = h("input", { name, value, maxlength: 5, placeholder: "07:30", class: "time-of-day", "aria-label": word("hours", name) });
  const mark = () => input.setAttribute("aria-invalid", String(!CLOCK.test(input.value)));
  input.addEventListener("input", () => {
    mark();
    onChange({ [name]: input.value.trim().replace("：", ":").replace(/^\d:/, "0$&") });
  });
  mark();
  return input;
}
