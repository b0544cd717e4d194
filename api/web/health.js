// How the whole is doing: program and model, every camera, every horn; and where cameras are added and removed.

import { ask, button, fill, h, toast } from "./dom.js";
import { sayThrough } from "./horns.js";
import { get, post, remove } from "./request.js";
import { problemWords, saidWords, sheetWords, troubleWords } from "./sentences.js";
import { mayAct } from "./session.js";
import { clock, duration, quantity, t, word } from "./text.js";

const PERIOD_MS = 3000;

// What one says of a new camera, and how long each may be; the server checks the same.
const LONGEST = { id: 64, name: 200, url: 500, sub_url: 500, place: 200 };

const CAMERA_COLUMNS = [
  "camera", "state", "stream", "rate", "key_interval", "gear", "looked", "dropped", "reconnects", "ring", "clock", "view",
];

export class HealthPage {
  #context;
  #timer = 0;
  #body = h("div", { class: "health-body" });

  // `context`: {socket, person}.
  constructor(context) {
    this.#context = context;
    const isAdmin = mayAct(context.person, "admin");
    const bar = h("div", { class: "toolbar" }, h("h1", {}, t("nav.health")), h("span", { class: "spring" }),
      isAdmin ? button(t("health.add"), { symbol: "plus", kind: "primary", onclick: () => this.#add() }) : null);
    this.element = h("main", { class: "health" }, bar, this.#body);
  }

  async show() {
    await this.#load();
    this.#timer = setInterval(() => !document.hidden && this.#load(), PERIOD_MS);
  }

  hide() {
    clearInterval(this.#timer);
  }

  async #load() {
    try {
      const answers = await Promise.all([get("/api/health"), get("/api/cameras"), get("/api/horns")]);
      this.#build(answers[0], answers[1].cameras, answers[2].horns);
    } catch (refusal) {
      fill(this.#body, h("p", { class: "notice" }, problemWords(refusal)));
    }
  }

  #build(health, cameras, horns) {
    fill(this.#body, notices(health, cameras, horns), figures(health),
      h("h2", {}, t("health.cameras")), this.#cameras(cameras),
      h("h2", {}, t("health.horns")), horns.length ? this.#horns(horns) : h("p", { class: "empty" }, t("health.no_horns")));
  }

  #cameras(cameras) {
    const isAdmin = mayAct(this.#context.person, "admin");
    const rows = cameras.map((camera) => h("tr", { "data-state": camera.health.state },
      h("td", {}, h("strong", {}, camera.name), h("div", { class: "muted" }, camera.url), camera.views.map(viewRow), sheets(camera)),
      stateCell(word("camera", camera.health.state), camera.health),
      h("td", {}, camera.health.codec ? `${camera.health.codec} ${camera.health.size_wh.join("×")}` : "–"),
      h("td", {}, rate(camera.health)),
      h("td", {}, camera.health.key_interval_s === null ? "–" : quantity(camera.health.key_interval_s, "s")),
      gearCell(camera),
      h("td", {}, String(camera.looks.looked)),
      droppedCell(camera.looks.dropped),
      h("td", {}, String(camera.health.reconnects)),
      h("td", {}, `${quantity(camera.health.ring_s, "s")} · ${quantity(camera.health.ring_bytes, "bytes")}`),
      h("td", {}, `± ${quantity(camera.health.clock_error_s, "s")}`),
      h("td", {}, word("view", camera.view_state)),
      h("td", {}, isAdmin ? this.#removeButton(camera) : null)));
    return table(CAMERA_COLUMNS, rows);
  }

  #removeButton(camera) {
    const traits = { symbol: "trash", quiet: true, onclick: () => this.#remove(camera) };
    return button(t("health.remove", { name: camera.name }), traits);
  }

  #horns(horns) {
    const maySpeak = mayAct(this.#context.person, "operator");
    const rows = horns.map((horn) => h("tr", { "data-state": horn.state },
      h("td", {}, h("strong", {}, horn.name), h("div", { class: "muted" }, horn.url)),
      stateCell(word("hornstate", horn.state), horn),
      h("td", {}, horn.last_spoken_at ? clock(horn.last_spoken_at) : t("health.never"),
        h("div", { class: "muted", title: horn.last_detail }, horn.last_file ? t("horn.file", { file: horn.last_file }) : saidWords(horn.last_detail, horn.last_said))),
      h("td", {}, maySpeak ? speakButton(horn) : null)));
    return table(["horn", "state", "last"], rows);
  }

  async #add() {
    const entry = await ask(t("health.add"), (close) => {
      const fields = Object.entries(LONGEST).map(([name, maxlength]) => [name, h("input", {
        id: `camera-${name}`, name, autocomplete: "off", maxlength, required: name === "id" || name === "url",
      })]);
      const form = h("form", { class: "stack" },
        fields.map(([name, field]) => [h("label", { for: field.id }, word("camera_field", name)), field]),
        h("div", { class: "row end" }, button(t("dialog.ok"), { kind: "primary", type: "submit" })));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        close(Object.fromEntries(fields.map(([name, field]) => [name, field.value.trim()])));
      });
      return form;
    });
    if (entry) await this.#do(() => post("/api/cameras", entry), t("health.added", { name: entry.name || entry.id }));
  }

  async #remove(camera) {
    const { name } = camera;
    const sure = await ask(t("health.remove", { name }), (close) => h("div", { class: "stack" },
      h("p", {}, t("health.remove_ask", { name })),
      h("div", { class: "row end" }, button(t("dialog.ok"), { kind: "warning", onclick: () => close(true) }))));
    if (sure) await this.#do(() => remove(`/api/cameras/${encodeURIComponent(camera.id)}`), t("health.removed", { name }));
  }

  async #do(action, words) {
    try {
      await action();
      toast(words, "good");
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
    }
    await this.#load();
  }
}

// Returns the decoding in force, the looks a second that are reached of those wanted, and why they cost more than usual.
function gearCell({ health, looks }) {
  const rates = t("health.look_rate", { reached: quantity(looks.reached_hz), wanted: quantity(looks.wanted_hz) });
  const fault = health.key_fault ? h("div", { class: "odd" }, word("keyfault", health.key_fault)) : null;
  return h("td", {}, word("gear", health.gear), h("div", { class: "muted" }, rates), fault);
}

// Returns when one of the views of a camera that turns was last seen; the one that it shows now stands out.
function viewRow(view) {
  const seen = view.seen_at ? t("health.seen", { time: clock(view.seen_at) }) : t("health.seen_never");
  return h("div", { class: isLate(view) ? "odd" : "muted" }, view.is_here ? h("strong", {}, view.name) : view.name, ` · ${seen}`);
}

// Says whether a tour should have shown a view long since: two rounds may meet somebody who watches the camera.
function isLate({ every_s, seen_at }) {
  return every_s !== null && (seen_at === null || Date.now() - Date.parse(seen_at) > 2 * every_s * 1000);
}

// Says for each watched surface whether A4 is seen there.
const sheets = ({ zones, sheets: seen }) => seen.map((sheet) => h("div", { class: "muted sheet", "data-sight": sheet.sight },
  `${zones.find(({ id }) => id === sheet.zone_id)?.name || sheet.zone_id}: ${sheetWords(sheet)}`));

// Returns what wants somebody's attention, most urgent first; where nothing does, that all is well.
function notices(health, cameras, horns) {
  const down = (things, states) => things.filter((state) => states.includes(state)).length;
  const cameraCount = down(cameras.map((camera) => camera.health.state), ["away", "refused"]);
  const lateCount = cameras.flatMap((camera) => camera.views).filter(isLate).length;
  const hornCount = down(horns.map((horn) => horn.state), ["away", "refused"]);
  const lines = [
    ...health.problems.map((problem) => h("p", { class: "notice", title: problem.message }, problemWords(problem))),
    cameraCount ? h("p", { class: "notice" }, t("health.cameras_down", { count: cameraCount })) : null,
    lateCount ? h("p", { class: "notice" }, t("health.views_late", { count: lateCount })) : null,
    hornCount ? h("p", { class: "notice" }, t("health.horns_down", { count: hornCount })) : null,
  ].filter(Boolean);
  return lines.length ? lines : h("p", { class: "notice good" }, t("health.fine"));
}

function figures(health) {
  const running = duration((Date.now() - Date.parse(health.started_at)) / 1000);
  const pairs = [
    [t("health.model"), health.model],
    [t("health.engine"), health.engine],
    [t("health.disk"), quantity(health.disk_free_bytes, "bytes")],
    [t("health.running"), running],
    [t("health.held_back"), String(health.evidence_held_back)],
    [t("health.version"), health.version],
  ];
  return h("dl", { class: "figures" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function table(heads, rows) {
  const head = h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, word("health", name))), h("td")));
  return h("div", { class: "table-frame" }, h("table", {}, head, h("tbody", {}, rows)));
}

const speakButton = (horn) => button(t("horn.test"), { symbol: "horn", onclick: () => sayThrough(horn.id, horn.name) });

// On a closer look, the problem tells in the server's own words what it is exactly.
function stateCell(words, trouble) {
  const problem = trouble.problem ? h("div", { class: "problem", title: trouble.problem }, troubleWords(trouble)) : null;
  const next = trouble.next_try_at ? h("div", { class: "muted" }, t("health.next_try", { time: clock(trouble.next_try_at) })) : null;
  return h("td", {}, h("span", { class: "dot" }), words, problem, next);
}

// Says how many frames were not looked at; on a closer look, for which causes.
function droppedCell(dropped) {
  const causes = Object.entries(dropped).map(([cause, count]) => `${word("dropped", cause)}: ${count}`).join(", ");
  return h("td", { title: causes }, String(Object.values(dropped).reduce((total, count) => total + count, 0)));
}

function rate({ delivered_fps, declared_fps }) {
  const delivered = delivered_fps.toFixed(1);
  return declared_fps === null ? `${delivered} fps` : `${delivered} / ${declared_fps.toFixed(1)} fps`;
}
