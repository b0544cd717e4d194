// Draws over time what a zone would have raised above what was raised, on a ground that shows when was recorded.

import { h, s } from "./dom.js";
import { clock, t, word } from "./text.js";

const [WIDTH, HEIGHT] = [1000, 40];
const ROWS = { tried: [4, 14], real: [22, 14] }; // [y, height]
const LEAST = 3; // a bar is drawn this wide at least

// Returns what became of each offence of a zone, by time: {event, is: "same" | "new" | "gone" | "then"}. What was raised
// by a zone that is not tried is "then".
export function outcomesOf(zone) {
  const real = new Set(zone.real.map((event) => event.event_id));
  const tried = new Set(zone.tried.map((event) => event.event_id));
  const outcomes = zone.tried.map((event) => ({ event, is: real.has(event.event_id) ? "same" : "new" }));
  const without = zone.real.filter((event) => !tried.has(event.event_id));
  outcomes.push(...without.map((event) => ({ event, is: zone.is_tried ? "gone" : "then" })));
  return outcomes.sort((a, b) => Date.parse(a.event.started_at) - Date.parse(b.event.started_at));
}

// Returns the strip; `choose(outcome)` is called with the one whose bar is clicked. The rows below it say the same to
// those who do not see it.
export function timeStrip({ from_at: fromAt, to_at: toAt, recorded }, outcomes, label, choose) {
  const [from, to] = [Date.parse(fromAt), Date.parse(toAt)];
  const at = (iso) => Math.min(WIDTH, Math.max(0, ((Date.parse(iso) - from) / (to - from)) * WIDTH));
  const drawing = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label });
  const bar = (begin, end, y, height, traits) => {
    const width = Math.max(LEAST, end - begin);
    return s("rect", { x: Math.min(begin, WIDTH - width), y, width, height, ...traits });
  };
  for (const [begin, end] of recorded) drawing.append(bar(at(begin), at(end), 0, HEIGHT, { class: "recorded" }));
  for (const outcome of outcomes) {
    const { event, is } = outcome;
    const rows = { same: ["tried", "real"], new: ["tried"], gone: ["real"], then: ["real"] }[is];
    const end = event.ended_at === null ? to : event.ended_at;
    for (const row of rows) {
      const element = bar(at(event.started_at), typeof end === "number" ? WIDTH : at(end), ...ROWS[row],
        { class: `stint ${is} ${row}`, onclick: () => choose(outcome) });
      element.append(s("title", {}, `${word("trialoutcome", is)} ${clock(event.started_at)}`));
      drawing.append(element);
    }
  }
  return h("div", { class: "trial-strip" },
    h("div", { class: "strip-names muted" }, h("span", {}, t("trial.row_tried")), h("span", {}, t("trial.row_real"))),
    h("div", { class: "strip-drawing" }, drawing,
      h("div", { class: "row strip-times muted" }, h("time", {}, clock(fromAt)), h("span", { class: "spring" }), h("time", {}, clock(toAt)))));
}
