// The column beside the wall: the newest cases with their picture, and how long they have been going on.

import { fill, h } from "./dom.js";
import { OPEN_STATES } from "./tile.js";
import { clock, duration, t, word } from "./text.js";

export const IN_PROGRESS = [
  "filed", "verifying", "accepted", "approved", "dispatched", "handling", "suspended", "handled", "checking", "checked",
];
export const DONE = ["resolved", "closed", "force_closed"];
const GROUPS = { todo: OPEN_STATES, filed: IN_PROGRESS, done: DONE };

export class AlarmRail {
  #counts = h("dl", { class: "counts" });
  #list = h("ol", { class: "alarms" });

  constructor() {
    const title = t("rail.title");
    this.element = h("aside", { class: "rail", "aria-label": title }, h("h2", {}, title), this.#counts, this.#list);
  }

  // Shows cases, newest first, in place of those shown before, and how many there are by state.
  show(cases, counts) {
    const groups = Object.entries(GROUPS).map(([name, states]) => {
      const count = states.reduce((sum, state) => sum + counts[state], 0);
      return h("div", { class: name }, h("dt", {}, word("filter", name)), h("dd", {}, String(count)));
    });
    fill(this.#counts, groups);
    const items = cases.map((found) => h("li", {}, card(found)));
    this.#list.replaceChildren(...(items.length ? items : [h("li", { class: "empty" }, t("rail.empty"))]));
  }
}

function card(found) {
  const seconds = (Date.parse(found.ended_at ?? found.raised_at) - Date.parse(found.started_at)) / 1000;
  return h(
    "a",
    { class: `alarm-card ${found.state}`, href: `#/cases/${found.id}` },
    h("img", { src: found.thumbnail, alt: "", loading: "lazy", width: 96, height: 58 }),
    h("div", {},
      h("div", { class: "row" },
        h("strong", {}, word("offence", found.kind)),
        h("span", { class: `badge ${found.state}` }, word("state", found.state))),
      h("div", { class: "muted clip" }, found.camera_name),
      h("div", { class: "muted" }, h("time", { datetime: found.raised_at }, clock(found.raised_at)), " · ", duration(seconds))),
  );
}
