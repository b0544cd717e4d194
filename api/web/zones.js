// The zone page: choose a camera, draw polygons on its picture, give each a rule, put them in force.

import { button, fill, h, toast } from "./dom.js";
import { hoursField } from "./hours.js";
import { PolygonEditor } from "./polygon.js";
import { get, put } from "./request.js";
import { problemWords, sheetWords } from "./sentences.js";
import { t, word } from "./text.js";
import { TrialPanel } from "./trial.js";
import { ViewBar } from "./view_bar.js";

const STILL_WIDTH = 1280;
const FIRST_FIELDS = ["limit_s", "grace_s", "loading_limit_s", "offence", "surface_width_m", "surface_height_m"]; // what most people change; the rest is folded away
const PRESETS = { fire_lane: { limit_s: 60, grace_s: 0 } }; // what is set with the name of an offence; may be changed then

// Returns the schema of the number that a field takes; a field that may be left empty has it among others.
const numeric = (schema) => [schema, ...(schema.anyOf ?? [])].find(({ type }) => type === "number" || type === "integer");

export class ZonePage {
  #rules = {};
  #cameras = [];
  #sheets = {}; // by camera: whether A4 is seen on each of its surfaces, as they are saved
  #siteOffset = 0;
  #cameraId = null;
  #zones = [];
  #chosen = null;
  #isLoaded = false; // what is shown are this camera's zones; only then may they be changed and saved
  #isChanged = false;
  #editor = new PolygonEditor({
    onDrawn: (polygon) => this.#drawn(polygon),
    onMoved: (id, polygon) => this.#change(id, { polygon }),
    onLine: (id, door) => this.#doorDrawn(id, door),
    onChosen: (id) => this.#choose(id),
  });
  #trial = new TrialPanel({ zones: () => this.#zones, show: (box, id) => this.#mark(box, id) });
  #views = new ViewBar(() => this.#choose(this.#here()[0]?.id ?? null));
  #pick = h("select", { id: "zone-camera" });
  #side = h("div", { class: "zone-side" });
  #hint = h("p", { class: "muted hint" });
  #problem = h("p", { class: "form-problem", role: "alert" });

  constructor() {
    this.#pick.addEventListener("change", () => this.#open(this.#pick.value));
    const bar = h("div", { class: "toolbar" },
      h("h1", {}, t("zones.title")), h("span", { class: "spring" }),
      h("label", { for: "zone-camera" }, t("zones.camera")), this.#pick,
      button(t("zones.refresh"), { symbol: "camera", onclick: () => this.#still() }));
    const stage = h("div", { class: "zone-stage" }, this.#editor.element, this.#hint);
    this.element = h("main", { class: "zones" }, bar, this.#views.element, h("div", { class: "zone-columns" }, stage, this.#side), this.#trial.element);
  }

  async show(cameraId) {
    const [rules, { cameras }, site] = await Promise.all([get("/api/rules"), get("/api/cameras"), get("/api/site")]);
    if (!this.element.isConnected) return; // another view was chosen meanwhile
    [this.#rules, this.#cameras, this.#siteOffset] = [rules, cameras, site.utc_offset_h];
    this.#sheets = Object.fromEntries(cameras.map((camera) => [camera.id, camera.sheets]));
    fill(this.#pick, cameras.map((camera) => h("option", { value: camera.id }, camera.name)));
    const first = cameras.some((camera) => camera.id === cameraId) ? cameraId : cameras[0]?.id;
    if (first) await this.#open(first);
  }

  hide() {
    this.#editor.stop();
    this.#trial.stop();
    this.#views.stop();
  }

  // Shows no zones until those of the camera are there, lest they be taken for, and saved as, those of another.
  async #open(cameraId) {
    this.#cameraId = this.#pick.value = cameraId;
    history.replaceState(null, "", `#/zones/${encodeURIComponent(cameraId)}`);
    this.#editor.stop();
    this.#views.open(this.#cameras.find((camera) => camera.id === cameraId));
    this.#show([], false);
    this.#still();
    this.#trial.open(cameraId);
    let zones;
    try {
      ({ zones } = await get(`/api/cameras/${encodeURIComponent(cameraId)}/zones`));
    } catch (refusal) {
      if (this.#cameraId === cameraId) this.#openLater(refusal);
      return;
    }
    if (this.#cameraId === cameraId) this.#show(zones, true);
  }

  #show(zones, isLoaded) {
    this.#zones = zones;
    this.#isLoaded = isLoaded;
    this.#trial.allow(isLoaded);
    this.#isChanged = false;
    this.#choose(this.#here()[0]?.id ?? null);
  }

  // The zones of the view that is chosen; of a camera with one view all of them.
  #here() {
    return this.#zones.filter((zone) => this.#views.holds(zone));
  }

  #openLater(refusal) {
    fill(this.#problem, problemWords(refusal), " ",
      button(t("zones.again"), { symbol: "undo", onclick: () => this.#open(this.#cameraId) }));
  }

  #still() {
    this.#editor.load(`/api/cameras/${encodeURIComponent(this.#cameraId)}/still.jpg?width=${STILL_WIDTH}&at=${Date.now()}`);
  }

  // Shows where something was that a trial speaks of.
  #mark(box, id) {
    if (id && id !== this.#chosen && this.#zones.some((zone) => zone.id === id)) this.#choose(id);
    this.#editor.mark(box);
    if (box) this.#editor.element.scrollIntoView({ block: "nearest" });
  }

  #choose(id) {
    this.#chosen = id;
    this.#editor.show(this.#here(), id);
    this.#hint.textContent = t("zones.edit_hint");
    this.#build();
  }

  #change(id, changes) {
    this.#zones = this.#zones.map((zone) => (zone.id === id ? { ...zone, ...changes } : zone));
    this.#isChanged = true;
    this.#editor.show(this.#here(), this.#chosen);
    this.element.querySelector(".unsaved")?.removeAttribute("hidden");
  }

  #draw() {
    this.#hint.textContent = t("zones.draw_hint");
    this.#editor.draw();
  }

  #drawDoor() {
    this.#hint.textContent = t("zones.door_hint");
    this.#editor.drawLine();
  }

  // Takes a door line that was drawn or moved; the form is built anew where the zone had none, for its buttons.
  #doorDrawn(id, door) {
    const before = this.#zones.find((known) => known.id === id).rule.door ?? [];
    this.#changeRule(id, { door });
    if (Boolean(before.length) !== Boolean(door.length)) this.#choose(id);
    else this.#hint.textContent = t("zones.edit_hint");
  }

  #drawn(polygon) {
    const taken = new Set(this.#zones.map((zone) => zone.id));
    let number = this.#zones.length + 1;
    while (taken.has(`zone-${number}`)) number += 1;
    const name = t("zones.new_name", { number });
    const zone = { id: `zone-${number}`, name, polygon, version: 1, rule: { kind: "parking" }, view: this.#views.chosen };
    this.#zones = [...this.#zones, zone];
    this.#isChanged = true;
    this.#choose(zone.id);
    this.element.querySelector("#zone-name")?.select();
  }

  #build() {
    const zone = this.#zones.find((known) => known.id === this.#chosen);
    const items = this.#here().map((known) => h("li", {}, this.#row(known)));
    const add = button(t("zones.add"), { symbol: "plus", disabled: !this.#isLoaded, onclick: () => this.#draw() });
    const save = { symbol: "check", kind: "primary", id: "zone-save", disabled: !this.#isLoaded };
    this.#problem.textContent = "";
    fill(this.#side,
      h("div", { class: "row" }, h("h2", {}, t("zones.list")), h("span", { class: "spring" }), add),
      h("ul", { class: "zone-list" }, items.length || !this.#isLoaded ? items : h("li", { class: "empty" }, t("zones.none"))),
      zone ? this.#form(zone) : null,
      this.#problem,
      h("div", { class: "row save-row" },
        h("span", { class: "muted unsaved", hidden: !this.#isChanged }, t("zones.unsaved")), h("span", { class: "spring" }),
        button(t("zones.save"), { ...save, onclick: () => this.#save() })));
  }

  #row(zone) {
    const words = `${word("offence", zone.rule.kind)} · ${t("zones.version", { version: zone.version })}`;
    return h("button", {
      type: "button", class: `zone-row ${zone.rule.kind}`, "aria-current": zone.id === this.#chosen ? "true" : false,
      onclick: () => this.#choose(zone.id),
    }, h("strong", {}, zone.name || zone.id), h("span", { class: "muted" }, words));
  }

  #form(zone) {
    const name = h("input", { id: "zone-name", value: zone.name, maxlength: 120 });
    name.addEventListener("input", () => this.#change(zone.id, { name: name.value }));
    const kind = h("select", { id: "zone-kind" }, Object.keys(this.#rules).map((rule) =>
      h("option", { value: rule, selected: rule === zone.rule.kind }, word("offence", rule))));
    kind.addEventListener("change", () => {
      this.#change(zone.id, { rule: { kind: kind.value } });
      this.#build();
    });
    const { properties } = this.#rules[zone.rule.kind];
    const hasDoor = "door" in properties;
    const fields = this.#fields(zone);
    const isFirst = ([field]) => FIRST_FIELDS.includes(field);
    return h("form", { class: "stack zone-form", onsubmit: (event) => event.preventDefault() },
      h("label", { for: "zone-name" }, t(hasDoor ? "zones.shop" : "zones.name")), name,
      h("label", { for: "zone-kind" }, t("zones.rule")), kind,
      fields.filter(isFirst).map(([, row]) => row),
      hasDoor ? this.#doorField(zone) : null,
      zone.rule.kind === "flyers" ? this.#sheet(zone) : null,
      "hours" in properties
        ? hoursField(zone.rule.hours ?? [], this.#siteOffset, (hours) => this.#changeRule(zone.id, { hours })) : null,
      h("details", {}, h("summary", {}, t("zones.more")), fields.filter((field) => !isFirst(field)).map(([, row]) => row)),
      button(t("zones.delete"), { symbol: "trash", onclick: () => this.#delete(zone.id) }));
  }

  #doorField({ id, rule }) {
    const has = (rule.door ?? []).length > 0;
    return h("div", { class: "stack" }, h("span", { class: "muted" }, t(has ? "zones.door" : "zones.no_door")),
      h("div", { class: "row" },
        button(t(has ? "zones.draw_door_anew" : "zones.draw_door"), { symbol: "plus", id: "draw-door", onclick: () => this.#drawDoor() }),
        has ? button(t("zones.delete_door"), { symbol: "trash", onclick: () => this.#doorDrawn(id, []) }) : null));
  }

  // Returns a labelled field for each number and each choice of the rule, with the limits that the server states.
  #fields(zone) {
    const { properties } = this.#rules[zone.rule.kind];
    const isNumber = ([, schema]) => Boolean(numeric(schema));
    const isChoice = ([, schema]) => Array.isArray(schema.enum);
    return [...this.#choices(zone, Object.entries(properties).filter(isChoice)),
      ...this.#numbers(zone, Object.entries(properties).filter(isNumber))];
  }

  #choices(zone, properties) {
    return properties.map(([field, schema]) => {
      const chosen = zone.rule[field] ?? schema.default;
      const options = schema.enum.map((value) => h("option", { value, selected: value === chosen }, word("called", value || "usual")));
      const select = h("select", { id: `rule-${field}`, title: schema.description }, options);
      select.addEventListener("change", () => {
        this.#changeRule(zone.id, { [field]: select.value, ...PRESETS[select.value] });
        this.#build();
      });
      return [field, h("div", { class: "field" }, h("label", { for: select.id }, word("rule", field)), select)];
    });
  }

  #numbers(zone, properties) {
    return properties.map(([field, schema]) => {
      const input = h("input", {
        id: `rule-${field}`, type: "number", min: numeric(schema).minimum ?? numeric(schema).exclusiveMinimum, max: numeric(schema).maximum,
        step: numeric(schema).type === "integer" ? 1 : "any", value: zone.rule[field] ?? schema.default ?? "", title: schema.description,
      });
      input.addEventListener("input", () => {
        if (input.value === "" && schema.default !== null) return;
        this.#changeRule(zone.id, { [field]: input.value === "" ? null : Number(input.value) });
      });
      return [field, h("div", { class: "field" }, h("label", { for: input.id }, word("rule", field)), input)];
    });
  }

  // Says whether the view can see a sheet of A4 there, as the zone is saved.
  #sheet(zone) {
    const sheet = this.#sheets[this.#cameraId]?.find(({ zone_id: id }) => id === zone.id);
    return sheet ? h("p", { class: `notice sheet ${sheet.sight === "read" ? "good" : ""}`, "data-sight": sheet.sight }, sheetWords(sheet)) : null;
  }

  // Asks anew what the camera can see on the surfaces as they are now.
  async #look(cameraId) {
    const { sheets } = await get(`/api/cameras/${encodeURIComponent(cameraId)}`);
    this.#sheets[cameraId] = sheets;
  }

  #changeRule(id, changes) {
    const { rule } = this.#zones.find((known) => known.id === id);
    this.#change(id, { rule: { ...rule, ...changes } });
  }

  #delete(id) {
    this.#zones = this.#zones.filter((zone) => zone.id !== id);
    this.#isChanged = true;
    this.#choose(this.#here()[0]?.id ?? null);
  }

  async #save() {
    const cameraId = this.#cameraId;
    this.#problem.textContent = "";
    try {
      const { zones } = await put(`/api/cameras/${encodeURIComponent(cameraId)}/zones`, { zones: this.#zones });
      toast(t("zones.saved"), "good");
      await this.#look(cameraId);
      if (this.#cameraId !== cameraId) return; // another camera was chosen meanwhile
      this.#zones = zones;
      this.#isChanged = false;
      this.#choose(this.#chosen);
    } catch (refusal) {
      if (this.#cameraId === cameraId) this.#problem.textContent = problemWords(refusal);
      else toast(problemWords(refusal), "bad");
    }
  }
}
