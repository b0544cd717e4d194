// The board: how many cases are in each state, and how many of each unit are open and late.

import { fill, h } from "./dom.js";
import { get } from "./request.js";
import { problemWords } from "./sentences.js";
import { t, word } from "./text.js";

export class Board {
  element = h("section", { class: "board", "aria-label": t("board.title") });
  #asked = 0;

  async show() {
    const asked = (this.#asked += 1);
    try {
      const found = await get("/api/cases/board");
      if (asked === this.#asked) fill(this.element, h("h2", {}, t("board.title")), units(found), h("h3", {}, t("board.by_state")), states(found));
    } catch (refusal) {
      if (asked === this.#asked) fill(this.element, h("p", { class: "notice", role: "alert" }, problemWords(refusal)));
    }
  }

  hide() {
    this.#asked += 1; // an answer that comes later finds nobody
  }
}

function units({ by_unit: all, overdue }) {
  if (!all.length) return h("p", { class: "empty" }, t("board.nothing_open"));
  const most = Math.max(...all.map((each) => each.open));
  const head = ["unit", "open", "overdue"].map((name) => h("th", { scope: "col" }, word("boardcolumn", name)));
  const total = { unit: null, open: all.reduce((sum, each) => sum + each.open, 0), overdue };
  const rows = [...all, total].map((each) => h("tr", { class: each.unit === null ? "total" : "" },
    h("th", { scope: "row" }, each.unit === null ? t("evaluation.total") : each.unit || t("evaluation.not_assigned")),
    h("td", {}, each.unit === null ? null : h("meter", { min: 0, max: most, value: each.open }), ` ${each.open}`),
    h("td", { class: each.overdue ? "late" : "muted" }, String(each.overdue))));
  return h("div", { class: "table-frame" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)));
}

const states = ({ by_state: counts }) =>
  h("dl", { class: "figures" }, Object.entries(counts).filter(([, count]) => count).map(([state, count]) =>
    h("div", {}, h("dt", {}, word("state", state)), h("dd", {}, String(count)))));
