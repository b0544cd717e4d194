// The pictures of a case: in which order, what each is called and when it was taken; those of the case that comes next
// are fetched ahead.
//
// Belongs here: stills and the clip as figures. Does not: two of them beside each other (compare.js).

import { ask, h } from "./dom.js";
import { get } from "./request.js";
import { clock, quantity, t, word } from "./text.js";

const PICTURE_ORDER = ["marked", "act", "panorama", "close_up", "reference"];
const LATER = ["after_warning", "closing"];

export const isLater = (file) => LATER.includes(file.purpose);
const addressOf = (caseId) => `/api/cases/${encodeURIComponent(caseId)}`;

// Returns a case with its history, as the server tells it now, and when its pictures were taken.
export async function loadCase(caseId) {
  const [answer, taken] = await Promise.all([get(addressOf(caseId)), get(`${addressOf(caseId)}/taken`)]);
  const times = new Map(taken.files.map((file) => [`${file.pack}/${file.name}`, file.captured_at]));
  for (const file of answer.case.files) {
    // The same address gives the original or the blurred copy; leave to see originals makes the history longer.
    file.href += `?seen=${answer.history.length}`;
    file.taken_at = times.get(`${file.pack}/${file.name}`) ?? null;
  }
  return answer;
}

// Returns the stills of a case in the order in which they are looked at: before and after one after the other.
export const stillsOf = (found) =>
  found.files.filter((file) => PICTURE_ORDER.includes(file.role)).sort((a, b) => rank(a) - rank(b) || a.pack - b.pack);

const rank = (file) => PICTURE_ORDER.indexOf(file.role) + (isLater(file) ? PICTURE_ORDER.length : 0);

// Says what a picture is, with a number where there are several of its kind, and when it was taken.
export function caption(file, pictures) {
  const kind = isLater(file) ? word("purpose", file.purpose) : word("role", file.role);
  const alike = pictures.filter((other) => other.role === file.role && isLater(other) === isLater(file));
  const number = alike.length > 1 ? ` ${alike.indexOf(file) + 1}` : "";
  // A pack's time is that of its last panorama; where nobody said when the first one was taken, no time is better than a wrong one.
  const isLast = !alike.some((other, i) => other.pack === file.pack && i > alike.indexOf(file));
  const at = file.taken_at ?? (isLast ? file.captured_at : null);
  return at ? `${kind}${number} · ${clock(at)}` : `${kind}${number}`;
}

// Ends the loading of pictures and films that nobody looks at any more. A browser asks a server for six things at a time, and
// a blurred copy may take seconds to make: without this, whatever is opened next waits for them.
export function stopLoading(element) {
  for (const picture of element.querySelectorAll("img")) if (!picture.complete) picture.removeAttribute("src");
  for (const film of element.querySelectorAll("video")) {
    film.removeAttribute("src");
    film.load();
  }
}

// Holds the pictures of one case while another is looked at. An element keeps what it has loaded, whatever a cache may.
export class PicturesAhead {
  #images = new Map();
  #wanted = null;

  async fetch(caseId) {
    if (this.#wanted === caseId) return; // a list that is asked for anew changes nothing here
    this.#wanted = caseId;
    const { case: found } = await loadCase(caseId);
    if (this.#wanted !== caseId) return; // another one comes next by now
    const addresses = stillsOf(found).map((file) => file.href);
    this.#images = new Map(addresses.map((address) => [address, this.#images.get(address) ?? h("img", { src: address })]));
  }

  // Forgets all pictures; what of them is not there yet is not waited for.
  clear() {
    this.#wanted = null;
    stopLoading(h("div", {}, [...this.#images.values()]));
    this.#images.clear();
  }

  // Returns the element of a picture, loaded where it was fetched ahead; each is handed out once.
  take(address) {
    const image = this.#images.get(address) ?? h("img", { src: address });
    this.#images.delete(address);
    return image;
  }
}

export function figure(file, words, ahead) {
  const open = () => ask(words, () => h("img", { class: "large", src: file.href, alt: words }));
  const image = ahead.take(file.href);
  image.alt = words;
  return h("figure", {},
    h("button", { type: "button", class: "picture-button", "aria-label": t("case.enlarge", { what: words }), onclick: open }, image),
    h("figcaption", {}, words));
}

export function clipPlayer(file) {
  const traits = { controls: true, preload: "metadata", playsinline: true, "aria-label": t("case.clip") };
  const video = h("video", { src: file.href, ...traits });
  video.muted = true;
  const words = h("figcaption", {}, `${t("case.clip")} · ${clock(file.captured_at)}`);
  video.addEventListener("error", () => { // H.265 in a browser without it; the evidence itself is fine
    const link = h("a", { href: file.href, download: file.name }, t("case.clip_download"));
    video.replaceWith(h("p", { class: "notice" }, `${t("case.clip_unplayable")} `, link));
  });
  return h("figure", { class: "clip-player" }, video, words);
}

export function fileList(files) {
  return h("details", {}, h("summary", {}, t("case.file_count", { count: files.length })),
    h("ul", { class: "files" }, files.map((file) => h("li", {},
      h("a", { href: file.href, download: file.name }, `${file.pack}/${file.name}`),
      h("span", { class: "muted" }, ` ${quantity(file.size_bytes, "bytes")} `),
      h("code", { title: "SHA-256" }, file.sha256.slice(0, 12))))));
}
