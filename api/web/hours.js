// The hours of a zone's rule: spans of the day in which it is in force; none means always.

import { button, fill, h } from "./dom.js";
import { t, word } from "./text.js";

const CLOCK = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;
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
  return h("div", { class: "row hours-row" },
    clockInput("begin", span.begin, onChange), h("span", {}, "–"), clockInput("end", span.end, onChange),
    h("span", { class: "muted" }, "UTC+"), offset,
    h("span", { class: "spring" }), button(t("hours.remove"), { symbol: "trash", quiet: true, onclick: onRemove }));
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
