// The evaluation board: units, areas or posts by the nine indicators; every number opens the cases behind it.

import { ask, button, fill, h } from "./dom.js";
import { scoreBars } from "./evaluation_chart.js";
import { get } from "./request.js";
import { problemWords } from "./sentences.js";
import { clock, currentLanguage, t, word } from "./text.js";

const BY = ["unit", "area", "post"];
const PAGE_SIZE = 50;
const FIGURES = ["reported", "registered", "should_handle", "overdue_pending", "rework"];
const SPANS = { this_month: 0, last_month: -1 };

export class EvaluationBoard {
  #by = "unit";
  #span = spanOf(0);
  #asked = 0;
  #bar = h("div", { class: "toolbar" });
  #body = h("div", { class: "evaluation-body" });

  constructor() {
    this.element = h("main", { class: "evaluation" }, this.#bar, this.#body);
  }

  async show() {
    await this.#load();
  }

  hide() {
    this.#asked += 1; // an answer that comes later finds nobody
  }

  async #load() {
    this.#buildBar(null);
    const asked = (this.#asked += 1);
    fill(this.#body, h("p", { class: "empty" }, t("evaluation.loading")));
    try {
      const { from, to } = this.#span;
      const found = await get(`/api/evaluation?${new URLSearchParams({ from, to, by: this.#by })}`);
      if (asked === this.#asked) this.#build(found);
    } catch (refusal) {
      if (asked === this.#asked) fill(this.#body, h("p", { class: "notice", role: "alert" }, problemWords(refusal)));
    }
  }

  #buildBar(found) {
    const spans = Object.entries(SPANS).map(([name, months]) =>
      segment(word("evaluation", name), isSame(this.#span, spanOf(months)), () => this.#ask({ span: spanOf(months) })));
    const bys = BY.map((by) => segment(word("by", by), by === this.#by, () => this.#ask({ by })));
    const days = ["from", "to"].map((name) => {
      const field = h("input", { type: "date", id: `evaluation-${name}`, value: this.#span[name], required: true });
      field.addEventListener("change", () => field.value && this.#ask({ span: { ...this.#span, [name]: field.value } }));
      return [h("label", { for: field.id }, word("evaluation", name)), field];
    });
    fill(this.#bar, h("h1", {}, t("nav.evaluation")),
      h("div", { class: "segments", role: "group", "aria-label": t("evaluation.by") }, bys),
      h("div", { class: "segments", role: "group", "aria-label": t("evaluation.days") }, spans), days,
      h("span", { class: "spring" }), found ? ["csv", "xlsx"].map((form) => download(found, form)) : null);
  }

  #ask({ span = this.#span, by = this.#by }) {
    [this.#span, this.#by] = [span, by];
    this.#load();
  }

  #build(found) {
    this.#buildBar(found);
    const named = found.groups.filter((group) => group.score !== null);
    const standing = found.still_open
      ? h("p", { class: "notice" }, t("evaluation.provisional", { count: found.still_open }))
      : h("p", { class: "notice good" }, t("evaluation.final"));
    const shown = [...found.groups, found.total];
    fill(this.#body, standing, figures(found),
      named.length ? [h("h2", {}, t("evaluation.scores")), scoreBars(named, (group) => nameOf(found, group))] : null,
      h("h2", {}, t("evaluation.indicators")),
      found.groups.length ? table(found, shown) : h("p", { class: "empty" }, t("evaluation.none")),
      h("p", { class: "muted hint" }, t("evaluation.formula")),
      h("p", { class: "muted hint" }, t("evaluation.as_of", { time: clock(found.as_of) }),
        found.inputs_sha256 ? ` ${t("evaluation.inputs", { hash: found.inputs_sha256.slice(0, 12) })}` : ""));
  }
}

const segment = (words, isOn, onclick) =>
  h("button", { type: "button", class: "segment", "aria-pressed": String(isOn), onclick }, words);

// Returns the link to the table as a file, of the very moment that is shown.
function download(found, form) {
  const asked = new URLSearchParams({
    from: found.first, to: found.last, by: found.by, as_of: found.as_of, language: currentLanguage(),
  });
  return h("a", { class: "button", href: `/api/evaluation/table.${form}?${asked}`, download: true }, word("evaluation", form));
}

function figures(found) {
  const { total } = found;
  const pairs = [
    [t("evaluation.score"), `${total.score.toFixed(2)} · ${word("grade", total.grade)}`],
    ...FIGURES.map((key) => [word("statistic", key), number(found, total, key)]),
    [t("evaluation.smart_rate"), percent(total.smart_rate)],
    [t("evaluation.warning_success"), [`${percent(total.warning_success)} · `,
      number(found, total, "resolved_by_warning"), " / ", number(found, total, "warned")]],
  ];
  return h("dl", { class: "figures" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function table(found, groups) {
  const indicators = found.total.marks.map((mark) => mark.indicator);
  const head = h("tr", {}, h("th", { scope: "col" }, word("by", found.by)), h("th", { scope: "col" }, t("evaluation.score")),
    indicators.map((indicator) => h("th", { scope: "col" }, word("indicator", indicator))));
  return h("div", { class: "table-frame" },
    h("table", { class: "evaluation-table" }, h("thead", {}, head), h("tbody", {}, groups.map((group) => row(found, group)))));
}

function row(found, group) {
  const cells = group.marks.length
    ? group.marks.map((mark) => markCell(found, group, mark))
    : h("td", { colspan: String(found.total.marks.length), class: "muted" }, t("evaluation.not_judged"), " ",
      number(found, group, "registered"));
  const score = group.score === null ? "–"
    : [h("strong", {}, group.score.toFixed(2)), h("div", {}, h("span", { class: `badge grade ${group.grade}` }, word("grade", group.grade)))];
  return h("tr", { class: group.group === null ? "total" : "" },
    h("th", { scope: "row" }, nameOf(found, group)), h("td", {}, score), cells);
}

// One indicator: its share, the numbers that it is made of, and what it adds to the score.
function markCell(found, group, mark) {
  const parts = mark.parts.map((key, place) => [place ? " / " : "", number(found, group, key)]);
  if (mark.indicator === "incidence") parts.push(" / ", group.baseline === null ? "–" : group.baseline.toFixed(1));
  const points = t("evaluation.points", { points: mark.points.toFixed(2) });
  const isShare = !["supervision", "initiative"].includes(mark.indicator);
  return h("td", { "data-indicator": mark.indicator },
    isShare ? h("div", {}, percent(mark.rate)) : null,
    h("div", { class: "parts" }, parts), h("div", { class: "muted" }, points));
}

// Returns a number that opens the cases behind it; nothing to open where there is none.
function number(found, group, key) {
  const count = group.counts[key];
  if (!count) return h("span", { class: "muted" }, "0");
  const label = `${nameOf(found, group)}: ${word("statistic", key)} ${count}`;
  return h("button", {
    type: "button", class: "number", "aria-label": label, title: word("statistic", key), "data-key": key,
    onclick: () => openCases(found, group, key),
  }, String(count));
}

function openCases(found, group, key) {
  const title = `${nameOf(found, group)} · ${word("statistic", key)}`;
  return ask(title, (close) => {
    const body = h("div", { class: "stack counted" }, h("p", { class: "empty" }, t("evaluation.loading")));
    const load = async (page) => {
      try {
        const answer = await get(`${group.cases_href}&${new URLSearchParams({ key, page, size: PAGE_SIZE })}`);
        fill(body, caseTable(answer.cases, close), pager(answer, load));
      } catch (refusal) {
        fill(body, h("p", { class: "notice" }, problemWords(refusal)));
      }
    };
    load(0);
    return body;
  });
}

function caseTable(cases, close) {
  const heads = ["number", "state", "registered_at", "due", "handled_at", "closed_at"];
  const rows = cases.map((each) => h("tr", {},
    h("td", {}, h("a", { href: `#/cases/${encodeURIComponent(each.id)}`, onclick: () => close(null) }, each.number)),
    h("td", {}, word("state", each.state)), timeCell(each.registered_at), timeCell(each.due),
    timeCell(each.handled_at, each.is_late), timeCell(each.closed_at, each.is_closed_late)));
  const head = h("tr", {}, heads.map((name) => h("th", { scope: "col" }, word("counted", name))));
  return h("div", { class: "table-frame" }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
}

const timeCell = (iso, isLate = false) => h("td", {}, iso ? clock(iso) : "–",
  isLate ? h("div", { class: "problem" }, t("evaluation.late")) : null);

function pager({ total, page, size }, load) {
  const pages = Math.max(1, Math.ceil(total / size));
  const turn = (symbol, words, to) => button(words, {
    symbol, quiet: true, disabled: to < 0 || to >= pages, onclick: () => load(to),
  });
  return h("div", { class: "row end" }, h("span", { class: "muted" }, t("desk.count", { count: total, page: page + 1, pages })),
    turn("back", t("evaluation.previous"), page - 1), turn("next", t("evaluation.next"), page + 1));
}

// Returns what a group is called: all together, nobody, or a post with a name in words.
function nameOf(found, { group }) {
  if (group === null) return t("evaluation.total");
  if (group === "") return t("evaluation.not_assigned");
  if (found.by !== "post") return group;
  const [post, ...name] = group.split(":");
  return `${word("post", post)} ${name.join(":")}`;
}

const percent = (rate) => (rate === null ? "–" : `${(rate * 100).toFixed(1)}%`);

// Returns the days of a month, this one (0) until today, or one before (-1), in local time.
function spanOf(months) {
  const now = new Date();
  const last = months === 0 ? now : new Date(now.getFullYear(), now.getMonth() + months + 1, 0);
  return { from: isoDay(new Date(now.getFullYear(), now.getMonth() + months, 1)), to: isoDay(last) };
}

function isoDay(moment) {
  const two = (value) => String(value).padStart(2, "0");
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

const isSame = (one, other) => one.from === other.from && one.to === other.to;
