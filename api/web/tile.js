// One camera on the wall: its name and state, moving picture, boxes and zones over it, and the alarm that came up on it.

import { draw, BoxTrack, pictureRect } from "./boxes.js";
import { button, fill, h, icon } from "./dom.js";
import { sayThrough, warnCase } from "./horns.js";
import { Player } from "./player.js";
import { troubleWords } from "./sentences.js";
import { duration, t, word } from "./text.js";

const NO_SEAT = 4503; // close code of a socket
export const OPEN_STATES = ["candidate", "confirmed", "warned"];

export class Tile {
  #camera;
  #shown;
  #player = null;
  #boxes = new BoxTrack();
  #alarm = null;
  #frame = 0;
  #mayWarn;
  #video = h("video", { muted: true, playsinline: true, tabindex: "-1", "aria-hidden": "true" });
  #picture = h("img", { class: "picture", alt: "" });
  #canvas = h("canvas", { class: "overlay", "aria-hidden": "true" });
  #mode = h("span", { class: "mode" });
  #speaking = h("span", { class: "speaking", hidden: true }, icon("horn"), t("hornstate.speaking"));
  #state = h("span", { class: "state" });
  #where = h("span", { class: "where" });
  #view;
  #veil = h("div", { class: "veil" });
  #alarmBar = h("div", { class: "alarm-bar", hidden: true });

  // `shown` is the wall's choice {boxes, zones}, read at every picture; `onExpand` makes the camera fill the wall.
  constructor(camera, shown, { mayWarn, onExpand }) {
    this.#camera = camera;
    this.#shown = shown;
    this.#setView(camera.views.find((view) => view.is_here)?.id ?? null);
    this.#video.muted = true;
    const tools = h(
      "div",
      { class: "tile-tools" },
      mayWarn && camera.horn_id ? button(t("tile.say"), { symbol: "horn", quiet: true, onclick: () => this.#say() }) : null,
      button(t("tile.expand"), { symbol: "expand", quiet: true, onclick: () => onExpand(camera.id) }),
    );
    const head = h(
      "header",
      { class: "tile-head" },
      h("span", { class: "dot" }), h("strong", { title: camera.place }, camera.name), this.#state, this.#where, this.#mode, this.#speaking,
    );
    const stage = h("div", { class: "stage" }, this.#video, this.#picture, this.#canvas, this.#veil);
    this.#mayWarn = mayWarn;
    const traits = { class: "tile", "data-camera": camera.id, "aria-label": camera.name };
    this.element = h("article", traits, stage, head, tools, this.#alarmBar);
    this.element.addEventListener("dblclick", (event) => !event.target.closest("button, a") && onExpand(camera.id));
    this.setState(camera.health);
  }

  get cameraId() {
    return this.#camera.id;
  }

  start() {
    this.#player = new Player(this.#camera.id, this.#video, this.#picture, (...told) => this.#showMode(...told));
    this.#player.start();
    const paint = () => {
      this.#paint();
      this.#frame = requestAnimationFrame(paint);
    };
    paint();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#player?.stop();
    this.#player = null;
  }

  addBoxes(message) {
    this.#player?.looked(message.t_s, this.#boxes.gap(message.t_s));
    this.#boxes.add(message);
    this.#setView(message.view);
  }

  // Shows at which of its views the camera is; only the zones of that view lie over the picture.
  #setView(id) {
    if (this.#camera.views.length === 0 || id === this.#view) return;
    this.#view = id;
    const view = this.#camera.views.find((known) => known.id === id);
    this.#where.className = view ? "where muted" : "where odd";
    this.#where.textContent = this.#where.title = view ? t("tile.at_view", { name: view.name }) : t("tile.no_view");
  }

  #zones() {
    const { views, zones } = this.#camera;
    return views.length === 0 ? zones : zones.filter((zone) => (zone.view || views[0].id) === this.#view);
  }

  setZones(zones) {
    this.#camera = { ...this.#camera, zones };
  }

  // Shows whether the camera is there; where it is not, the sentence that says why.
  setState({ state, problem, problem_code }) {
    this.element.dataset.state = state;
    this.#state.textContent = word("camera", state);
    const away = state !== "live";
    this.#veil.hidden = !away;
    this.#veil.replaceChildren(h("strong", {}, word("camera", state)), h("p", { title: problem }, troubleWords({ problem, problem_code })));
  }

  // Shows that the horn of this place is speaking.
  setHorn(hornId, state) {
    if (hornId === this.#camera.horn_id) this.#speaking.hidden = state !== "speaking";
  }

  // Brings up the newest open case of this camera, or takes the alarm away with null.
  setAlarm(alarm) {
    this.#alarm = alarm;
    this.element.classList.toggle("alarm", alarm !== null);
    this.element.classList.toggle("over", Boolean(alarm?.ended_at));
    this.#alarmBar.hidden = alarm === null;
    if (alarm === null) return;
    const warn = this.#mayWarn && this.#camera.horn_id && !alarm.ended_at
      ? button(t("action.warn"), { symbol: "horn", kind: "warning", title: t("action.warn"), onclick: () => warnCase(alarm.id) })
      : null;
    fill(
      this.#alarmBar,
      h("a", { class: "alarm-words", href: `#/cases/${alarm.id}` },
        h("strong", {}, word("offence", alarm.kind)),
        h("span", { class: "dwell" }),
        h("span", { class: `badge ${alarm.state}` }, word("state", alarm.state))),
      warn,
    );
    this.#showDwell();
  }

  #say() {
    sayThrough(this.#camera.horn_id, this.#camera.name);
  }

  #showDwell() {
    const place = this.#alarmBar.querySelector(".dwell");
    if (!place || !this.#alarm) return;
    const seconds = (Date.now() - Date.parse(this.#alarm.started_at)) / 1000;
    const words = this.#alarm.ended_at ? t("case.over") : duration(Math.max(0, seconds));
    if (place.textContent !== words) place.textContent = words;
  }

  // Says beside the name why there is no video: stills are shown, or too many pictures are open.
  #showMode(mode, why, codec) {
    this.element.dataset.mode = mode;
    let words = mode === "waiting" && why === NO_SEAT ? t("problem.no_seat") : "";
    if (mode === "pictures") {
      words = why === "codec" ? t("tile.stills_codec", { codec: codec || t("tile.this_codec") }) : t("tile.stills_failed");
    }
    this.#mode.textContent = this.#mode.title = words;
  }

  #paint() {
    if (!this.#player || document.hidden) return;
    this.#showDwell();
    const size = this.#player.size;
    const t_s = this.#player.now();
    const rect = size ? pictureRect(this.#canvas, size) : null;
    const seen = t_s === null ? this.#boxes.newest() : this.#boxes.at(t_s);
    const rows = this.element.dataset.state === "live" ? seen : [];
    draw(this.#canvas, rect, rows, this.#zones(), this.#shown);
  }
}
