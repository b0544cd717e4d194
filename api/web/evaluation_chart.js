// Draws scores as bars: what each indicator adds, side by side, with the borders of the grades.

import { h, s } from "./dom.js";
import { t, word } from "./text.js";

const BORDERS = [60, 80, 90];
const HIGHEST = 115; // 15 + ... + 10 is 100; an incidence below 1 goes on to 115, a bonus beyond what is drawn
const HEIGHT = 18;

// Returns the bars of groups that have a score. `nameOf` gives a group's name.
export function scoreBars(groups, nameOf) {
  const highest = Math.max(HIGHEST, ...groups.map((group) => sumOf(group)));
  const shown = groups[0].marks.filter((mark) => mark.indicator !== "supervision").map((mark) => mark.indicator);
  const legend = h("ul", { class: "score-legend" },
    shown.map((indicator) => h("li", {}, h("span", { class: `swatch ${indicator}` }), word("indicator", indicator))),
    h("li", { class: "muted" }, t("evaluation.borders")));
  return h("div", { class: "score-bars" }, legend,
    groups.map((group) => h("div", { class: "score-row" },
      h("span", { class: "clip", title: nameOf(group) }, nameOf(group)),
      bar(group, highest, `${nameOf(group)} ${group.score.toFixed(2)}`),
      h("strong", {}, group.score.toFixed(2)))));
}

const sumOf = (group) => group.marks.reduce((sum, mark) => sum + Math.max(0, mark.points), 0);

function bar(group, highest, label) {
  const drawing = s("svg", {
    viewBox: `0 0 ${highest} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": label,
  });
  let x = 0;
  for (const { indicator, points } of group.marks) {
    if (points <= 0) continue;
    const title = s("title", {}, `${word("indicator", indicator)} ${points.toFixed(2)}`);
    drawing.append(s("rect", { class: indicator, x, y: 2, width: points, height: HEIGHT - 4 }, title));
    x += points;
  }
  for (const border of BORDERS) drawing.append(s("rect", { class: "border", x: border, y: 0, width: 0.15, height: HEIGHT }));
  const end = Math.min(Math.max(0, group.score), highest);
  drawing.append(s("rect", { class: "score", x: end - 0.2, y: 0, width: 0.4, height: HEIGHT }));
  return drawing;
}
