// Starts the page: who is signed in, the bar on top, and the view that the address names.

import { CaseDesk } from "./cases.js";
import { button, fill, h, icon, toast } from "./dom.js";
import { EvaluationBoard } from "./evaluation.js";
import { HealthPage } from "./health.js";
import { LabelPage } from "./labels.js";
import { PostedBoard } from "./posted.js";
import { get, whenSignedOut } from "./request.js";
import { problemWords } from "./sentences.js";
import { mayAct, signInPage, signOut, whoIsThere } from "./session.js";
import { EventSocket } from "./socket.js";
import { languageSwitch, t, word } from "./text.js";
import { OPEN_STATES } from "./tile.js";
import { Wall } from "./wall.js";
import { ZonePage } from "./zones.js";

const VIEWS = { wall: Wall, cases: CaseDesk, posted: PostedBoard, zones: ZonePage, labels: LabelPage, evaluation: EvaluationBoard, health: HealthPage };
const FOR_OPERATORS = ["zones", "labels"];
const RETRY_MS = 3000;
const COUNT_DELAY_MS = 200; // a case that opens brings several messages at once

class App {
  #root = document.getElementById("app");
  #socket = new EventSocket();
  #person = null;
  #view = null;
  #bar = null;
  #ticking = 0;
  #counting = 0;

  async start() {
    whenSignedOut(() => this.#person && this.#leave());
    window.addEventListener("hashchange", () => this.#person && this.#route());
    this.#socket.on("open", () => this.#showConnection(true));
    this.#socket.on("closed", () => this.#showConnection(false));
    this.#socket.on("open", () => this.#count());
    this.#socket.on("case", () => this.#count());
    try {
      this.#person = await whoIsThere();
    } catch (refusal) {
      fill(this.#root, h("main", { class: "sign-in-page" }, h("p", { class: "notice" }, problemWords(refusal))));
      setTimeout(() => this.start(), RETRY_MS);
      return;
    }
    this.#build();
  }

  #build() {
    this.#view?.hide();
    this.#view = null;
    if (this.#person === null) {
      const onDone = (person) => {
        this.#person = person;
        this.#build();
      };
      fill(this.#root, signInPage(onDone, () => this.#build()));
      document.getElementById("name").focus();
      return;
    }
    this.#bar = this.#topBar();
    fill(this.#root, this.#bar);
    this.#socket.open();
    this.#route();
  }

  #topBar() {
    const links = Object.keys(VIEWS)
      .filter((name) => !FOR_OPERATORS.includes(name) || mayAct(this.#person, "operator"))
      .map((name) => h("a", { href: `#/${name}`, "data-view": name }, icon(name), h("span", {}, word("nav", name)),
        name === "cases" ? h("b", { class: "count", hidden: true, title: word("filter", "todo") }) : null));
    const now = h("time", { class: "clock" });
    const tick = () => {
      now.textContent = new Date().toLocaleTimeString("en-GB");
    };
    tick();
    clearInterval(this.#ticking);
    this.#ticking = setInterval(tick, 1000);
    return h(
      "header", { class: "bar" },
      h("a", { class: "brand", href: "#/wall" }, icon("eye"), h("span", {}, "Streetwarden")),
      h("nav", { "aria-label": t("bar.main") }, links),
      h("span", { class: "spring" }),
      h("span", { class: "connection", role: "status" }, h("span", { class: "dot" }), h("span", { class: "words" }, "")),
      now,
      languageSwitch(() => this.#build()),
      h("span", { class: "person" },
        h("strong", {}, this.#person.name), h("span", { class: "muted" }, word("sessionrole", this.#person.role))),
      button(t("session.leave"), { symbol: "out", quiet: true, onclick: () => this.#signOut() }),
    );
  }

  #route() {
    const [, name = "wall", ...places] = location.hash.split("/");
    const View = VIEWS[name] ?? Wall;
    this.#view?.hide();
    for (const link of this.#bar.querySelectorAll("[data-view]")) {
      if (link.dataset.view === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.#view = new View({ socket: this.#socket, person: this.#person });
    fill(this.#root, this.#bar, this.#view.element);
    this.#view.show(...places.map(decoded)).catch((refusal) => toast(problemWords(refusal), "bad"));
  }

  #showConnection(isThere) {
    const place = this.#bar?.querySelector(".connection");
    if (!place) return;
    place.classList.toggle("lost", !isThere);
    place.querySelector(".words").textContent = t(isThere ? "bar.connected" : "bar.lost");
  }

  // Shows beside the menu how many cases wait for somebody.
  async #count() {
    clearTimeout(this.#counting);
    this.#counting = setTimeout(async () => {
      const { counts } = await get("/api/cases/counts").catch(() => ({ counts: {} }));
      const waiting = OPEN_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
      const place = this.#bar?.querySelector(".count");
      if (!place) return;
      place.textContent = String(waiting);
      place.hidden = waiting === 0;
    }, COUNT_DELAY_MS);
  }

  async #signOut() {
    await signOut().catch(() => {});
    this.#leave();
  }

  #leave() {
    this.#person = null;
    this.#socket.close();
    this.#build();
  }
}

// Returns a part of the address as it was meant; "" where it was mistyped and means nothing.
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

new App().start();
