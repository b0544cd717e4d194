// The panel beside a picture whose labels are corrected: classes, what is chosen, what can be done, who has seen to it.

import { button, h, icon } from "./dom.js";
import { CLASSES } from "./label_classes.js";
import { clock, t, word } from "./text.js";

// Returns a bar that shows how many of a set's pictures somebody has seen to.
export function progressOf({ pictures, reviewed }) {
  return h("progress", { max: Math.max(1, pictures), value: reviewed, "aria-label": t("labels.progress") });
}

// Returns the panel's parts. `state`: the server's answer with `kind`, `hidden`, `box`, `chosen` and `pen`; `on`:
// {onClass(name), onToggle(name), onKey(key)}.
export function sideOf(state, on) {
  const taken = (pen) => (state.pen === pen ? "warning" : "");
  return [
    h("div", { class: "label-actions" },
      button(t("labels.confirm_shown"), { key: "Enter", kind: "good span", onclick: () => on.onKey("Enter") }),
      button(t("labels.draw"), { key: "N", kind: taken("draw"), onclick: () => on.onKey("n") }),
      button(t("labels.delete"), { key: "D", disabled: state.chosen === null, onclick: () => on.onKey("d") }),
      button(t("labels.ignore"), { key: "I", kind: taken("ignore"), onclick: () => on.onKey("i") }),
      button(t("labels.undo"), { key: "Z", onclick: () => on.onKey("z") }),
      button(t("labels.review"), { key: "R", kind: "primary span", onclick: () => on.onKey("r") })),
    reviewWords(state),
    h("p", { class: "label-about", role: "status" }, aboutWords(state)),
    h("ul", { class: "label-classes", "aria-label": t("labels.classes") }, CLASSES.map((kind) => classRow(kind, state, on))),
    h("p", { class: "muted hint" }, t("labels.keys")),
  ];
}

function classRow({ name, key, colour }, { sheet, kind, hidden }, on) {
  const count = sheet.boxes.filter((box) => box.class_name === name && box.state !== "deleted").length;
  const cap = h("kbd", {}, key.toUpperCase());
  [cap.style.background, cap.style.color] = [colour, "#08131a"];
  const isShown = !hidden.has(name);
  const eye = t(isShown ? "labels.hide_class" : "labels.show_class", { name: word("label", name) });
  const onclick = () => on.onClass(name);
  return h("li", { class: isShown ? "" : "off" },
    h("button", { type: "button", class: "label-class", "data-class": name, "aria-pressed": String(name === kind), onclick },
      cap, h("span", {}, word("label", name)), h("span", { class: "spring" }), h("span", { class: "muted" }, count || "")),
    h("button", {
      type: "button", class: "eye", "aria-pressed": String(isShown), "aria-label": eye, title: eye,
      onclick: () => on.onToggle(name),
    }, icon("eye")));
}

// Says what is chosen, or what the next drag will do.
function aboutWords({ box, chosen, pen, kind }) {
  if (pen === "draw") return t("labels.draw_hint", { name: word("label", kind) });
  if (pen === "ignore") return t("labels.ignore_hint");
  if (box) {
    const [how, state] = [word("how", box.how), word("boxstate", box.state)];
    const said = box.how === "drawn" ? how : t("labels.score", { how, score: Math.round(box.score * 100) });
    const decided = box.by ? t("labels.decided", { state, name: box.by, time: clock(box.at) }) : state;
    return [h("strong", {}, word("label", box.class_name)), h("span", { class: "muted" }, said), h("span", { class: "muted" }, decided)];
  }
  return chosen === null ? t("labels.choose_hint") : t("labels.region_hint");
}

function reviewWords({ sheet, is_reviewed }) {
  const last = sheet.reviews.at(-1);
  if (!is_reviewed || !last) return h("p", { class: "notice" }, t("labels.not_reviewed"));
  return h("p", { class: "notice good" }, t("labels.reviewed_by", { name: last.by, time: clock(last.at) }));
}
