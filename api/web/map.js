// The map of cases: the grids of the city, and the cases of the list's filter as points in the colours of their lights.
//
// Nothing is fetched from elsewhere: Leaflet lies beside, and the ground is plain unless the settings name tiles.

import { DONE } from "./alarms.js";
import { fill, h, toast } from "./dom.js";
import { get } from "./request.js";
import { problemWords } from "./sentences.js";
import { clock, t, word } from "./text.js";

const AT_ONCE = 200;
const MOST = 1000; // points; a screen shows no more
const LIGHTS = ["red", "yellow", "green", "none", "over"]; // the worst first; a place has the colour of its worst case
const COLOURS = { red: "#ff5a63", yellow: "#f0b429", green: "#4cc38a", none: "#5aa9ff", over: "#7d8c9c" };
const OVER = [...DONE, "dismissed", "not_accepted", "merged"];
const SHIFT_DEGREES = 0.01; // GCJ-02 lies less than a kilometre from WGS-84
const GOLDEN_ANGLE = 137.508; // degrees; codes that follow each other get colours far from each other
const GRIDS_FROM_ZOOM = 13; // below it they would be a grey spot

export class CaseMap {
  #onChoose;
  #leaflet = null;
  #map = null;
  #settings = null;
  #grids = null;
  #points = null;
  #asked = 0;
  #hasView = false;
  #ground = h("div", { class: "map-ground" });
  #note = h("p", { class: "map-note muted", role: "status" });

  // `onChoose(caseId)` is called when a case is clicked.
  constructor(onChoose) {
    this.#onChoose = onChoose;
    const legend = h("ul", { class: "map-legend" }, LIGHTS.map((light) => h("li", {}, h("span", { class: `light ${light}` }), word("light", light))));
    this.element = h("section", { class: "case-map", "aria-label": t("map.title") }, this.#ground, legend, this.#note);
  }

  // Shows the cases that a query of the list asks for; the element must be on the page.
  async show(query) {
    const asked = (this.#asked += 1);
    try {
      const [{ cases, isMore }] = await Promise.all([allOf(query), this.#prepare()]);
      if (asked !== this.#asked || !this.element.isConnected) return;
      this.#draw(cases.filter((found) => found.position), { isMore, count: cases.length });
    } catch (refusal) {
      if (asked === this.#asked) toast(problemWords(refusal), "bad");
    }
  }

  hide() {
    this.#asked += 1;
    this.#map?.remove();
    this.#map = null;
    this.#hasView = false;
  }

  async #prepare() {
    [this.#leaflet, this.#settings] = await Promise.all([import("./vendor/leaflet/leaflet-src.esm.js"), this.#settings ?? get("/api/map")]);
    if (this.#map || !this.element.isConnected) return;
    const L = this.#leaflet;
    this.#map = L.map(this.#ground, { attributionControl: false, maxZoom: 20, minZoom: 3, zoomControl: false });
    L.control.zoom({ zoomInTitle: t("compare.larger"), zoomOutTitle: t("compare.smaller") }).addTo(this.#map);
    L.control.scale({ imperial: false }).addTo(this.#map);
    if (this.#settings.tiles) L.tileLayer(this.#settings.tiles, { maxZoom: 20 }).addTo(this.#map);
    this.#map.createPane("cases").style.zIndex = 450; // above the grids
    this.#grids = L.layerGroup().addTo(this.#map);
    this.#points = L.layerGroup().addTo(this.#map);
    this.#map.on("moveend", () => this.#loadGrids());
  }

  #draw(cases, { isMore, count }) {
    const L = this.#leaflet;
    const places = Map.groupBy(cases, (found) => this.#at(found.position).join());
    if (!this.#hasView) this.#look([...places.keys()].map((key) => key.split(",").map(Number)));
    this.#points.clearLayers();
    const renderer = L.svg({ pane: "cases" });
    const worst = (here) => LIGHTS.findIndex((each) => here.some((found) => lightOf(found) === each));
    for (const here of [...places.values()].sort((a, b) => worst(b) - worst(a))) { // the worst on top
      const light = LIGHTS[worst(here)];
      const point = L.circleMarker(this.#at(here[0].position), {
        pane: "cases", renderer, radius: 7 + Math.min(9, 3 * Math.log2(here.length)), weight: 2, color: "#05080b",
        fillColor: COLOURS[light], fillOpacity: 0.95, className: `case-point ${light}`,
      });
      point.bindTooltip(here.length > 1 ? t("map.here", { count: here.length }) : h("span", {}, lineOf(here[0])));
      if (here.length > 1) point.bindPopup(() => this.#list(here), { maxHeight: 260, maxWidth: 460 });
      else point.on("click", () => this.#onChoose(here[0].id));
      point.addTo(this.#points);
    }
    const left = count - cases.length;
    const { attribution } = this.#settings;
    fill(this.#note, t("map.count", { count: cases.length }), left ? ` · ${t("map.without", { count: left })}` : "",
      isMore ? ` · ${t("map.more", { count: MOST })}` : "", attribution ? ` · ${attribution}` : "");
  }

  #list(here) {
    return h("ul", { class: "map-list" }, here.map((found) => h("li", {},
      h("button", { type: "button", class: "case-link", onclick: () => this.#onChoose(found.id) },
        h("span", { class: `light ${lightOf(found)}` }), lineOf(found)))));
  }

  // Looks at all points, else at the whole city, else says that there is nothing to see.
  #look(points) {
    const { bounds } = this.#settings;
    const city = bounds && [[bounds[1], bounds[0]], [bounds[3], bounds[2]]];
    const seen = points.length ? points : city;
    this.#hasView = seen !== null;
    if (seen) this.#map.fitBounds(seen, { maxZoom: 18, padding: [60, 60] });
    else this.#map.setView([35, 110], 4);
  }

  #at(position) {
    return this.#settings.gcj02 ? position.gcj02.toReversed() : [position.latitude, position.longitude];
  }

  async #loadGrids() {
    if (!this.#settings.bounds) return;
    const map = this.#map;
    if (map.getZoom() < GRIDS_FROM_ZOOM) {
      this.#grids.clearLayers();
      return;
    }
    const box = map.getBounds();
    const room = this.#settings.gcj02 ? SHIFT_DEGREES : 0;
    const query = new URLSearchParams({
      west: bound(box.getWest() - room, 180), south: bound(box.getSouth() - room, 90),
      east: bound(box.getEast() + room, 180), north: bound(box.getNorth() + room, 90), gcj02: this.#settings.gcj02,
    });
    let found;
    try {
      found = await get(`/api/places/grids?${query}`);
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
      return;
    }
    if (map !== this.#map) return;
    this.#grids.clearLayers();
    this.#leaflet.geoJSON({ type: found.type, features: found.features }, { style: gridStyle, onEachFeature: nameGrid }).addTo(this.#grids);
  }
}

// Returns the cases of a query, page after page up to the most that are drawn, and whether there are more.
async function allOf(query) {
  const cases = [];
  let after = "";
  do {
    const place = after ? `&after=${encodeURIComponent(after)}` : "";
    const page = await get(`/api/cases?${query}&size=${AT_ONCE}${place}`);
    cases.push(...page.cases);
    after = page.next;
  } while (after && cases.length < MOST);
  return { cases, isMore: Boolean(after) };
}

const bound = (value, most) => Math.min(most, Math.max(-most, value));
const lightOf = (found) => found.time?.light ?? (OVER.includes(found.state) ? "over" : "none");
const lineOf = (found) => `${word("offence", found.kind)} · ${word("state", found.state)} · ${found.number} · ${clock(found.raised_at)}`;

// Grids of one responsibility grid have one tint, so that its border is seen without being drawn.
function gridStyle(feature) {
  const area = feature.properties.area_code;
  const mark = [...area].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 9973, 7);
  const tint = area ? `hsl(${Math.round(mark * GOLDEN_ANGLE) % 360} 55% 55%)` : "#5b6f85";
  return { color: "#4a617a", weight: 1, fillColor: tint, fillOpacity: area ? 0.14 : 0.05, className: "grid-shape" };
}

function nameGrid(feature, layer) {
  const { grid_code: code, name, area_code: area, area_name: areaName } = feature.properties;
  const words = [[name, code], [areaName, area]].map((pair) => pair.filter(Boolean).join(" ")).filter(Boolean).join(" · ");
  layer.bindTooltip(h("span", {}, words), { sticky: true });
}
