// Builds elements without markup strings, so that no name from outside can ever become markup.
//
// Belongs here: elements, icons, dialogs, toasts. Does not: words (text.js), requests (request.js).

import { t } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";

// Returns an element. `traits`: class, on* handlers, and attributes; false and null leave an attribute out.
export function h(tag, traits = {}, ...children) {
  const element = document.createElement(tag);
  applyTraits(element, traits);
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Returns an SVG element.
export function s(tag, traits = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  applyTraits(element, traits);
  element.append(...children);
  return element;
}

// Puts children in place of those there were; null and false are left out, as in `h`.
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function applyTraits(element, traits) {
  for (const [name, value] of Object.entries(traits)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

const PATHS = {
  wall: "M3 4h8v7H3zM13 4h8v7h-8zM3 13h8v7H3zM13 13h8v7h-8z",
  cases: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
  posted: "M5 3v18M5 4h13l-3 4 3 4H5",
  zones: "M4 7l8-4 8 5-2 11-11 1zM4 7h.01M12 3h.01M20 8h.01M18 19h.01M7 20h.01",
  labels: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
  evaluation: "M5 20v-8M11 20V5M17 20v-11M3 20h18",
  health: "M3 12h4l3-7 4 14 3-7h4",
  horn: "M4 10v4h3l6 5V5L7 10zM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
  expand: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  check: "M4 12.5l5 5L20 6.5",
  cross: "M6 6l12 12M18 6L6 18",
  file: "M4 20V5h6l2 3h8v12zM12 11v6M9 14l3 3 3-3",
  archive: "M3 5h18v4H3zM5 9v11h14V9M10 13h4",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  out: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 0 12",
  stop: "M6 6h12v12H6z",
  beside: "M3 5h8v14H3zM13 5h8v14h-8z",
  merge: "M6 4v5l6 5v6M18 4v5l-6 5",
  map: "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14M15 6v14",
  board: "M4 4h16v16H4zM4 10h16M10 10v10",
  camera: "M3 7h12v10H3zM15 11l6-3v8l-6-3z",
};

// Returns a line icon; it is decoration, the words beside it or its button's label carry the meaning.
export function icon(name) {
  const path = s("path", { d: PATHS[name] });
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, path);
}

// Returns a button with an icon and, unless `quiet`, its words.
export function button(words, { symbol, key, quiet, kind = "", ...traits } = {}) {
  const label = quiet ? { "aria-label": words, title: words } : {};
  return h(
    "button",
    { type: "button", class: `button ${kind} ${quiet ? "quiet" : ""}`, ...label, ...traits },
    symbol ? icon(symbol) : null,
    quiet ? null : h("span", {}, words),
    key ? h("kbd", { "aria-hidden": "true" }, key) : null,
  );
}

// Shows one sentence for a while; `kind` is "good", "bad" or "".
export function toast(words, kind = "") {
  const element = h("div", { class: `toast ${kind}` }, words);
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), kind === "bad" ? 9000 : 4500);
}

// Opens a modal dialog and resolves with what `close` was called with, or null when it was left. `onKey(event, close)`
// gets every key that is pressed in it.
export function ask(title, build, onKey = () => {}) {
  return new Promise((resolve) => {
    let answer = null;
    const dialog = h("dialog", { class: "dialog", "aria-label": title });
    const close = (value) => {
      answer = value;
      dialog.close();
    };
    dialog.append(
      h(
        "header",
        {},
        h("h2", {}, title),
        button(t("dialog.leave"), { symbol: "cross", quiet: true, onclick: () => close(null) }),
      ),
      build(close),
    );
    dialog.addEventListener("keydown", (event) => onKey(event, close));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && close(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Says whether a key press is meant for a field or a dialog rather than for the page.
export function isTyping(event) {
  return (
    event.ctrlKey || event.metaKey || event.altKey ||
    Boolean(event.target.closest("input, textarea, select, dialog, [contenteditable]"))
  );
}
