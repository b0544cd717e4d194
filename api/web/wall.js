// The live wall: 1, 4 or 9 cameras at a time, and beside them the alarms in the order they came.

import { button, fill, h, toast } from "./dom.js";
import { AlarmRail } from "./alarms.js";
import { mayAct } from "./session.js";
import { get } from "./request.js";
import { problemWords } from "./sentences.js";
import { OPEN_STATES, Tile } from "./tile.js";
import { t } from "./text.js";

const LAYOUTS = [1, 4, 9];

export class Wall {
  #context;
  #layout = Number(localStorage.getItem("wall.layout")) || 4;
  #page = 0;
  #cameras = [];
  #cases = [];
  #tiles = [];
  #shown = { boxes: localStorage.getItem("wall.boxes") !== "off", zones: localStorage.getItem("wall.zones") !== "off" };
  #grid = h("div", { class: "grid" });
  #rail = new AlarmRail();
  #bar = h("div", { class: "toolbar" });
  #endings = [];
  #missed = false; // the connection was lost: what was said meanwhile is fetched when it is back

  // `context`: {socket, person}.
  constructor(context) {
    this.#context = context;
    this.element = h("main", { class: "wall" }, h("section", { class: "wall-main" }, this.#bar, this.#grid), this.#rail.element);
  }

  async show() {
    const { socket } = this.#context;
    this.#endings = [
      socket.on("boxes", (message) => this.#tile(message.camera_id)?.addBoxes(message)),
      socket.on("camera", (message) => this.#cameraChanged(message)),
      socket.on("horn", (message) => this.#tiles.forEach((tile) => tile.setHorn(message.horn_id, message.state))),
      socket.on("case", () => this.#orSay(this.#refreshCases())),
      socket.on("closed", () => {
        this.#missed = true;
      }),
      socket.on("open", () => this.#missed && this.#orSay(this.#refresh())),
    ];
    await this.#refresh();
  }

  hide() {
    for (const end of this.#endings) end();
    this.#context.socket.watch([]);
    this.#dropTiles();
  }

  async #refresh() {
    const { cameras } = await get("/api/cameras");
    if (!this.element.isConnected) return; // another view was chosen meanwhile
    this.#missed = false;
    this.#cameras = cameras;
    this.#build();
    await this.#refreshCases();
  }

  // Says what became of a request that nobody waits for.
  #orSay(request) {
    request.catch((refusal) => toast(problemWords(refusal), "bad"));
  }

  async #refreshCases() {
    const states = [...OPEN_STATES, "filed", "resolved"].map((state) => `state=${state}`).join("&");
    const [{ cases }, { counts }] = await Promise.all([get(`/api/cases?${states}&size=24`), get("/api/cases/counts")]);
    this.#cases = cases;
    this.#rail.show(cases, counts);
    this.#showAlarms();
  }

  #build() {
    this.#dropTiles();
    const pages = Math.max(1, Math.ceil(this.#cameras.length / this.#layout));
    this.#page = Math.min(this.#page, pages - 1);
    const first = this.#page * this.#layout;
    const mayWarn = mayAct(this.#context.person, "operator");
    const onExpand = (cameraId) => this.#expand(cameraId);
    const cameras = this.#cameras.slice(first, first + this.#layout);
    this.#tiles = cameras.map((camera) => new Tile(camera, this.#shown, { mayWarn, onExpand }));
    this.#grid.dataset.layout = this.#layout;
    this.#grid.replaceChildren(...this.#tiles.map((tile) => tile.element));
    if (cameras.length === 0) this.#grid.append(h("p", { class: "empty" }, t("wall.empty")));
    this.#buildBar(pages);
    for (const tile of this.#tiles) tile.start();
    this.#context.socket.watch(cameras.map((camera) => camera.id));
    this.#showAlarms();
  }

  #buildBar(pages) {
    const layouts = LAYOUTS.map((count) =>
      h("button", {
        type: "button", class: "segment", "aria-pressed": String(count === this.#layout),
        "aria-label": t("wall.layout", { count }), onclick: () => this.#setLayout(count),
      }, String(count)));
    const turn = (step) => () => {
      this.#page = (this.#page + step + pages) % pages;
      this.#build();
    };
    fill(
      this.#bar,
      h("h1", {}, t("nav.wall")),
      h("span", { class: "muted" }, t("wall.count", { count: this.#cameras.length })),
      h("span", { class: "spring" }),
      this.#toggle("boxes", t("wall.boxes")), this.#toggle("zones", t("wall.zones")),
      pages > 1 ? button(t("wall.previous"), { symbol: "back", quiet: true, onclick: turn(-1) }) : null,
      pages > 1 ? h("span", { class: "muted" }, `${this.#page + 1} / ${pages}`) : null,
      pages > 1 ? button(t("wall.next"), { symbol: "next", quiet: true, onclick: turn(1) }) : null,
      h("div", { class: "segments", role: "group", "aria-label": t("wall.layouts") }, ...layouts),
    );
  }

  #toggle(name, words) {
    const box = h("input", { type: "checkbox", id: `show-${name}`, checked: this.#shown[name] });
    box.addEventListener("change", () => {
      this.#shown[name] = box.checked;
      localStorage.setItem(`wall.${name}`, box.checked ? "on" : "off");
    });
    return h("label", { class: "toggle", for: `show-${name}` }, box, words);
  }

  #setLayout(count) {
    const first = this.#page * this.#layout;
    this.#layout = count;
    this.#page = Math.floor(first / count);
    localStorage.setItem("wall.layout", String(count));
    this.#build();
  }

  #expand(cameraId) {
    if (this.#layout === 1) {
      this.#setLayout(4);
      return;
    }
    this.#layout = 1;
    this.#page = this.#cameras.findIndex((camera) => camera.id === cameraId);
    this.#build();
  }

  #showAlarms() {
    for (const tile of this.#tiles) {
      const open = (found) => found.camera_id === tile.cameraId && OPEN_STATES.includes(found.state);
      tile.setAlarm(this.#cases.find(open) ?? null);
    }
  }

  #cameraChanged(message) {
    const { camera_id, state } = message;
    const known = this.#cameras.some((camera) => camera.id === camera_id);
    if (!known || state === "removed") this.#orSay(this.#refresh());
    else this.#tile(camera_id)?.setState(message);
  }

  #tile(cameraId) {
    return this.#tiles.find((tile) => tile.cameraId === cameraId);
  }

  #dropTiles() {
    for (const tile of this.#tiles) tile.stop();
    this.#tiles = [];
  }
}
