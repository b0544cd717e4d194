// The posted cases: each with how its place looks now, its unit, how long it has it and what time is left, to
// be urged again. On a wall screen: large, without menu, turning its pages and asking anew by itself.

import { button, fill, h, toast } from "./dom.js";
import { askOrder } from "./order.js";
import { get, post } from "./request.js";
import { problemWords } from "./sentences.js";
import { mayAct } from "./session.js";
import { dueWords, lightDot } from "./standing.js";
import { clock, day, duration, t, word } from "./text.js";
import { loadWorkflow } from "./workflow.js";

const ASK_MS = 30_000; // time left and live pictures change by themselves
const TURN_MS = 20_000;
const ON_A_SCREEN = 6;
const SOON_MS = 250; // a decision brings several messages at once
const LIVE_WIDTH = 960;

export class PostedBoard {
  #context;
  #bar = h("div", { class: "toolbar" });
  #cards = h("ol", { class: "posted-cards" });
  #cases = [];
  #total = 0;
  #page = 0;
  #isScreen = false;
  #isLive = localStorage.getItem("posted.live") === "on";
  #endings = [];
  #asked = 0;

  // `context`: {socket, person}.
  constructor(context) {
    this.#context = context;
    this.element = h("main", { class: "posted", "aria-label": t("nav.posted") }, this.#bar, this.#cards);
  }

  // `mode` is "screen" on a wall screen.
  async show(mode) {
    this.#isScreen = mode === "screen";
    document.body.classList.toggle("wall-screen", this.#isScreen);
    let soon = 0;
    const again = () => {
      clearTimeout(soon);
      soon = setTimeout(() => this.#load(), SOON_MS);
    };
    const onKey = (event) => this.#isScreen && event.key === "Escape" && this.#leaveScreen();
    document.addEventListener("keydown", onKey);
    const timers = [setInterval(() => this.#load(), ASK_MS), setInterval(() => this.#turn(), TURN_MS)];
    this.#endings = [
      () => timers.forEach(clearInterval), () => clearTimeout(soon), () => document.removeEventListener("keydown", onKey),
      this.#context.socket.on("case", again), this.#context.socket.on("open", again),
    ];
    await loadWorkflow();
    await this.#load();
  }

  hide() {
    for (const end of this.#endings) end();
    this.#asked += 1; // an answer that comes later finds nobody
    document.body.classList.remove("wall-screen");
  }

  async #load() {
    const asked = (this.#asked += 1);
    try {
      const found = await get("/api/cases/posted");
      if (asked !== this.#asked) return;
      [this.#cases, this.#total] = [found.cases, found.total];
      this.#build();
    } catch (refusal) {
      if (asked === this.#asked) fill(this.#bar, h("p", { class: "notice", role: "alert" }, problemWords(refusal))); // the cards stay as they were
    }
  }

  #build() {
    const pages = this.#isScreen ? Math.max(1, Math.ceil(this.#cases.length / ON_A_SCREEN)) : 1;
    this.#page %= pages;
    const first = this.#page * ON_A_SCREEN;
    const shown = this.#isScreen ? this.#cases.slice(first, first + ON_A_SCREEN) : this.#cases;
    const more = this.#total > this.#cases.length ? t("posted.more", { count: this.#cases.length }) : null;
    fill(this.#bar,
      h("h1", {}, t("nav.posted")), h("span", { class: "muted" }, t("posted.count", { count: this.#total })),
      more ? h("span", { class: "muted" }, more) : null, h("span", { class: "spring" }),
      pages > 1 ? h("span", { class: "muted" }, `${this.#page + 1} / ${pages}`) : null, this.#liveToggle(),
      this.#isScreen
        ? button(t("posted.leave_screen"), { symbol: "cross", quiet: true, onclick: () => this.#leaveScreen() })
        : button(t("posted.screen"), { symbol: "expand", onclick: () => this.#enterScreen() }));
    fill(this.#cards, shown.map((found) => this.#card(found)),
      shown.length ? null : h("li", { class: "empty" }, t("posted.none")));
  }

  #liveToggle() {
    const box = h("input", { type: "checkbox", id: "posted-live", checked: this.#isLive });
    box.addEventListener("change", () => {
      this.#isLive = box.checked;
      localStorage.setItem("posted.live", box.checked ? "on" : "off");
      this.#build();
    });
    return h("label", { class: "toggle", for: "posted-live" }, box, t("posted.live"));
  }

  #card(found) {
    const since = found.dispatched_at ? (Date.now() - Date.parse(found.dispatched_at)) / 1000 : 0;
    const urged = found.urged
      ? t("posted.urged", { count: found.urged, time: `${day(found.urged_at)} ${clock(found.urged_at)}` }) : t("posted.never_urged");
    const mayUrge = found.may_urge && mayAct(this.#context.person, "operator");
    return h("li", { class: `posted-card ${found.time?.light ?? ""}`, "data-case": found.id },
      this.#picture(found),
      h("div", { class: "posted-words" },
        h("div", { class: "row" }, h("strong", {}, word("offence", found.kind)),
          h("span", { class: `badge ${found.state}` }, word("state", found.state)), h("span", { class: "spring" }),
          h("a", { href: `#/cases/${found.id}` }, found.number)),
        h("div", { class: "posted-unit" }, found.unit),
        h("div", { class: "muted clip" }, `${found.camera_name} · ${found.zone_name}`),
        h("div", {}, t("posted.since", { time: duration(since) })),
        found.due_at ? h("div", { class: found.is_overdue ? "standing late" : "standing" }, lightDot(found.time), t("posted.rectify", { due: dueWords(found.due_at, found.time) })) : null,
        h("div", { class: "row" }, h("span", { class: "muted" }, urged), h("span", { class: "spring" }),
          mayUrge ? button(t(found.urged ? "posted.urge_again" : "posted.urge"), { kind: "primary", onclick: () => this.#urge(found) }) : null)));
  }

  // The picture of the newest look; a live one where somebody wants it so, or where that of the look was deleted.
  #picture(found) {
    const isLive = this.#isLive || !found.picture;
    const camera = `/api/cameras/${encodeURIComponent(found.camera_id)}/still.jpg?width=${LIVE_WIDTH}&at=${Date.now()}`;
    const at = isLive ? t("posted.live_now") : t("posted.seen", { time: `${day(found.looked_at)} ${clock(found.looked_at)}` });
    const image = h("img", { src: isLive ? camera : `${found.picture.href}?seen=${found.revision}`, alt: at });
    const words = h("figcaption", {}, at);
    image.addEventListener("error", () => { // the camera is away, or its picture cannot be blurred now
      words.textContent = t("posted.no_picture");
      image.remove();
    });
    return h("figure", {}, image, words);
  }

  async #urge(found) {
    try {
      const told = { place: null, proposed: { reason: "camera_still_there", kind: "important" } };
      const order = await askOrder("supervise", { code: found.code, handling: {} }, told);
      if (order === null) return;
      await post(`/api/cases/${found.id}/actions`, { action: "supervise", revision: found.revision, ...order });
      toast(t("posted.was_urged", { number: found.number }), "good");
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
    }
    await this.#load();
  }

  #turn() {
    if (!this.#isScreen || this.#cases.length <= ON_A_SCREEN) return;
    this.#page += 1;
    this.#build();
  }

  #enterScreen() {
    document.documentElement.requestFullscreen?.().catch(() => {}); // without it the menu is gone at least
    location.hash = "#/posted/screen";
  }

  #leaveScreen() {
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
    location.hash = "#/posted";
  }
}
