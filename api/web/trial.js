// Tries the zones that are on the page on a recording, before they are saved: what they would have raised, beside what
// was raised then, and what cannot be tried. Saving stays with zones.js.

import { button, fill, h, icon } from "./dom.js";
import { get, post, remove } from "./request.js";
import { problemWords, reasonWords } from "./sentences.js";
import { clock, day, has, quantity, t, word } from "./text.js";
import { outcomesOf, timeStrip } from "./trial_strip.js";

const POLL_MS = 500;
const HOUR_MS = 3_600_000;

// Spans that can be chosen, each as [from, to] in milliseconds, when it is now.
const SPANS = {
  hour: (now) => [now - HOUR_MS, now],
  hours_3: (now) => [now - 3 * HOUR_MS, now],
  hours_12: (now) => [now - 12 * HOUR_MS, now],
  today: (now) => [new Date(now).setHours(0, 0, 0, 0), now],
  yesterday: (now) => [new Date(now - 24 * HOUR_MS).setHours(0, 0, 0, 0), new Date(now).setHours(0, 0, 0, 0)],
};

export class TrialPanel {
  #on;
  #cameraId = null;
  #trialId = null; // of the trial that is waited for
  #hasZones = false; // whether the zones on the page are those of the camera
  #isIdle = true;
  #timer = 0;
  #chosen = null;
  #span = h("select", { id: "trial-span" }, Object.keys(SPANS).map((span) => h("option", { value: span }, word("trialspan", span))));
  #begin = button(t("trial.begin"), { symbol: "undo", id: "trial-begin", onclick: () => this.#start() });
  #kept = h("p", { class: "muted hint" });
  #state = h("div", { class: "trial-state", role: "status" });
  #result = h("div", { class: "trial-result" });

  // `on`: {zones(): those to try, show(box or null, zone id): mark a box on the picture}.
  constructor(on) {
    this.#on = on;
    this.element = h("section", { class: "trial", "aria-label": t("trial.title") },
      h("div", { class: "toolbar" }, h("h2", {}, t("trial.title")), h("span", { class: "spring" }),
        h("label", { for: "trial-span" }, t("trial.span")), this.#span, this.#begin),
      h("p", { class: "muted hint" }, t("trial.hint")), this.#kept, this.#state, this.#result);
  }

  // Shows what there is of a camera; what was tried before is gone.
  async open(cameraId) {
    this.#cameraId = cameraId;
    this.stop();
    fill(this.#state);
    this.#clear();
    this.#kept.textContent = "";
    try {
      const kept = await get(`/api/cameras/${encodeURIComponent(cameraId)}/recordings`);
      if (this.#cameraId === cameraId) this.#kept.textContent = keptWords(kept);
    } catch (refusal) {
      if (this.#cameraId === cameraId) this.#kept.textContent = problemWords(refusal);
    }
  }

  // Says whether the zones of the camera are on the page; before, none of them can be tried.
  allow(hasZones) {
    this.#hasZones = hasZones;
    this.#offer(this.#isIdle);
  }

  #offer(isIdle) {
    this.#isIdle = isIdle;
    this.#begin.disabled = !isIdle || !this.#hasZones;
  }

  // Waits for nothing any more; a trial that runs is ended.
  stop() {
    clearTimeout(this.#timer);
    if (this.#trialId !== null) remove("/api/trial").catch(() => {}); // it ends by itself, too
    this.#trialId = null;
    this.#offer(true);
  }

  #clear() {
    this.#chosen = null;
    this.#on.show(null);
    fill(this.#result);
  }

  async #start() {
    const cameraId = this.#cameraId;
    const [from, to] = SPANS[this.#span.value](Date.now()).map((ms) => new Date(ms).toISOString());
    this.stop();
    this.#clear();
    this.#offer(false);
    try {
      const order = { zones: this.#on.zones(), from_at: from, to_at: to };
      const trial = await post(`/api/cameras/${encodeURIComponent(cameraId)}/trial`, order);
      if (!this.element.isConnected) remove("/api/trial").catch(() => {}); // the page was left meanwhile
      if (this.#cameraId !== cameraId || !this.element.isConnected) return;
      this.#trialId = trial.trial_id;
      this.#tell(trial);
      this.#wait();
    } catch (refusal) {
      if (this.#cameraId === cameraId) this.#fail(problemWords(refusal));
    }
  }

  #wait() {
    this.#timer = setTimeout(() => this.#look(this.#trialId), POLL_MS);
  }

  async #look(trialId) {
    let trial;
    try {
      trial = await get("/api/trial");
    } catch (refusal) {
      if (this.#trialId === trialId) this.#fail(problemWords(refusal));
      return;
    }
    if (this.#trialId !== trialId) return; // given up meanwhile
    if (trial.trial_id !== trialId) this.#fail(t("trial.replaced"));
    else if (trial.state === "running") {
      this.#tell(trial);
      this.#wait();
    } else this.#end(trial);
  }

  #tell({ progress }) {
    const words = t("trial.running", { ratio: quantity(progress, "ratio") });
    fill(this.#state, h("progress", { max: 1, value: progress, "aria-label": words }), h("span", { class: "muted" }, words),
      button(t("trial.cancel"), { symbol: "stop", id: "trial-cancel", onclick: () => this.#cancel() }));
  }

  #cancel() {
    this.stop();
    fill(this.#state, h("span", { class: "muted" }, t("trial.cancelled")));
  }

  #end(trial) {
    this.#trialId = null;
    this.#offer(true);
    if (trial.state === "done") this.#show(trial.result);
    else this.#fail(trial.state === "cancelled" ? t("trial.cancelled") : t("trial.failed", { why: trial.problem }));
  }

  #fail(words) {
    this.#trialId = null;
    this.#offer(true);
    fill(this.#state, h("p", { class: "form-problem", role: "alert" }, words));
  }

  #show(result) {
    const isCut = result.until_at < result.to_at && Date.parse(result.until_at) < Date.parse(result.to_at);
    const watched = result.recorded.reduce((sum, [from, to]) => sum + Date.parse(to) - Date.parse(from), 0) / 1000;
    fill(this.#state, h("p", { class: "muted" },
      t("trial.span_words", { from: clock(result.from_at), to: clock(result.to_at), watched: quantity(watched, "s") })),
    isCut ? h("p", { class: "notice" }, t("trial.cut", { until: clock(result.until_at) })) : null);
    fill(this.#result, result.zones.map((zone) => this.#zone(zone, result)));
  }

  #zone(zone, result) {
    const outcomes = outcomesOf(zone);
    const counts = zone.is_tried
      ? t("trial.counts", { tried: zone.tried_count, real: zone.real_count })
      : t("trial.counts_real", { real: zone.real_count });
    const isFormer = !zone.is_tried && zone.caveats.length === 0;
    const choose = (outcome) => this.#choose(outcome, zone.zone_id);
    const told = Math.max(zone.tried.length, zone.real.length) < Math.max(zone.tried_count, zone.real_count);
    return h("article", { class: `trial-zone ${zone.kind}`, "data-zone": zone.zone_id },
      h("header", { class: "row" }, h("strong", {}, zone.name || zone.zone_id),
        h("span", { class: "muted" }, word("offence", zone.kind)), h("span", { class: "spring" }), h("span", { class: "counts-words" }, counts)),
      isFormer ? h("p", { class: "caveat" }, t("trial.former")) : null,
      zone.caveats.map(({ code, ratio }) =>
        h("p", { class: "caveat" }, icon("eye"), has(`trialcaveat.${code}`)
          ? t(`trialcaveat.${code}`, { ratio: quantity(ratio, "ratio") }) : code)),
      timeStrip(result, outcomes, counts, choose),
      outcomes.length
        ? h("ul", { class: "trial-list" }, outcomes.map((outcome) => h("li", {}, this.#row(outcome, choose))))
        : h("p", { class: "muted hint" }, t("trial.nothing")),
      told ? h("p", { class: "muted hint" }, t("trial.more")) : null);
  }

  #row(outcome, choose) {
    const { event, is } = outcome;
    return h("button", {
      type: "button", class: "trial-row", "data-event": event.event_id, "data-is": is, onclick: () => choose(outcome),
    },
    h("span", { class: `badge ${is}` }, word("trialoutcome", is)),
    h("time", { datetime: event.started_at }, clock(event.started_at)),
    h("strong", {}, word("label", event.class_name)),
    h("span", {}, event.ended_at === null ? t("trial.still_there", { length: quantity(event.length_s, "s") }) : quantity(event.length_s, "s")),
    h("span", { class: "muted clip" }, event.reasons.map(reasonWords).join(t("trial.and"))));
  }

  #choose({ event }, zoneId) {
    this.#chosen = event.event_id;
    for (const row of this.#result.querySelectorAll("[data-event]")) {
      const isChosen = row.dataset.event === this.#chosen && row.closest("[data-zone]").dataset.zone === zoneId;
      if (isChosen) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    this.#on.show(event.box, zoneId);
  }
}

function keptWords({ is_on: isOn, keep_days: days, recordings }) {
  if (!recordings.length) return isOn ? t("trial.none_yet") : t("trial.off");
  const bytes = recordings.reduce((sum, { size_bytes: size }) => sum + size, 0);
  const from = recordings[0].begins_at;
  const words = t("trial.kept", { from: `${day(from)} ${clock(from).split(" ").at(-1)}`, days, bytes: quantity(bytes, "bytes") });
  return isOn ? words : `${words} ${t("trial.off")}`;
}
