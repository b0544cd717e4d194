// The views of a camera that turns, on the zone page: which one zones are drawn in, what the camera shows now, and the
// button by which a person says so.
//
// Belongs here: choosing and telling a view. Does not: its zones (zones.js).

import { button, fill, h, toast } from "./dom.js";
import { get, put } from "./request.js";
import { problemWords } from "./sentences.js";
import { t } from "./text.js";

const PERIOD_MS = 3000;

export class ViewBar {
  element = h("div", { class: "view-bar row", hidden: true });
  #camera = null;
  #chosen = "";
  #timer = 0;
  #onChosen;

  // `onChosen` is told of another view that was chosen.
  constructor(onChosen) {
    this.#onChosen = onChosen;
  }

  // The id of the view whose zones are shown; empty where the camera has one only.
  get chosen() {
    return this.#chosen;
  }

  // Shows a camera, as /api/cameras tells it; of several views the one that it shows now is chosen.
  open(camera) {
    this.stop();
    this.#camera = camera;
    const views = camera?.views ?? [];
    this.#chosen = (views.find((view) => view.is_here) ?? views[0])?.id ?? "";
    this.#build();
    if (views.length) this.#timer = setInterval(() => !document.hidden && this.#look(), PERIOD_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  // Says whether a zone is drawn in the chosen view.
  holds(zone) {
    return !this.#chosen || (zone.view || this.#camera.views[0].id) === this.#chosen;
  }

  async #look() {
    const { id } = this.#camera;
    try {
      const camera = await get(`/api/cameras/${encodeURIComponent(id)}`);
      if (this.#camera.id !== id) return;
      const isNews = JSON.stringify(camera.views.map(shown)) !== JSON.stringify(this.#camera.views.map(shown));
      this.#camera = camera;
      if (isNews) this.#build();
    } catch { /* the page says elsewhere that the server is away */ }
  }

  #build() {
    const views = this.#camera?.views ?? [];
    this.element.hidden = views.length === 0;
    const here = views.find((view) => view.is_here);
    const chosen = views.find((view) => view.id === this.#chosen);
    if (!chosen) return;
    const words = (view) => (view.is_known ? view.name : t("zones.view_unknown", { name: view.name }));
    const pick = h("select", { id: "zone-view" }, views.map((view) =>
      h("option", { value: view.id, selected: view.id === this.#chosen }, words(view))));
    pick.addEventListener("change", () => {
      this.#chosen = pick.value;
      this.#build();
      this.#onChosen();
    });
    fill(this.element,
      h("label", { for: "zone-view" }, t("zones.view")), pick,
      h("span", { class: here ? "muted here" : "odd here" }, here ? t("zones.here", { name: here.name }) : t("zones.here_none")),
      here && here.id !== this.#chosen ? h("strong", { class: "odd" }, t("zones.other_view")) : null,
      h("span", { class: "spring" }),
      button(t("zones.this_view", { name: chosen.name }), { symbol: "eye", id: "zone-this-view", onclick: () => this.#tell() }));
  }

  async #tell() {
    try {
      await put(`/api/cameras/${encodeURIComponent(this.#camera.id)}/view`, { view: this.#chosen });
      toast(t("zones.this_view_said"), "good");
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
    }
  }
}

const shown = ({ id, is_known, is_here }) => [id, is_known, is_here];
