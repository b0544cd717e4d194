// How a case's evidence stands: shown untouched or blurred, locked, fit for penal use or a lead only; and what a person
// may ask for, each with a reason that stands in the history.

import { ask, button, fill, h, toast } from "./dom.js";
import { get, post } from "./request.js";
import { problemWords } from "./sentences.js";
import { mayAct } from "./session.js";
import { clock, t, word } from "./text.js";

// Returns the bar of a case; `onChange` is called after something was changed here.
export function evidenceBar(found, person, onChange) {
  const bar = h("div", { class: "evidence-bar" });
  const address = `/api/cases/${encodeURIComponent(found.id)}`;
  const show = (standing) => fill(bar, lines(standing), mayAct(person, "operator") ? buttons(standing, change) : null);
  const change = async (path, title) => {
    const reason = await askWhy(title);
    if (!reason) return;
    try {
      show(await post(`${address}/${path}`, { reason }));
      await onChange();
    } catch (refusal) {
      toast(problemWords(refusal), "bad");
    }
  };
  get(`${address}/evidence`).then(show, (refusal) => toast(problemWords(refusal), "bad"));
  return bar;
}

function lines(standing) {
  const { lock, released } = standing;
  const until = standing.view_until ? t("evidence.until", { time: clock(standing.view_until) }) : "";
  const seen = standing.sees_originals ? `${t("evidence.originals")} ${until}` : t("evidence.blurred");
  const lacks = standing.hindrances.map((key) => word("hindrance", key)).join(t("case.and"));
  const use = released ? t("evidence.released", { who: released.set_by, why: released.reason }) : t("evidence.lead");
  return [
    h("p", { class: "muted" }, seen),
    h("p", { class: released ? "" : "muted" }, use, lacks ? ` ${t("evidence.lacks", { lacks })}` : null),
    lock ? h("p", {}, t("evidence.locked", { who: lock.set_by, why: lock.reason })) : null,
  ];
}

function buttons(standing, change) {
  const offer = (path, title) => button(title, { onclick: () => change(path, title) });
  return h("div", { class: "actions" },
    standing.sees_originals ? null : offer("views", t("evidence.see")),
    standing.lock ? offer("unlock", t("evidence.unlock")) : offer("lock", t("evidence.lock")),
    standing.released ? offer("release/withdraw", t("evidence.withdraw"))
      : standing.hindrances.length ? null : offer("release", t("evidence.release")));
}

function askWhy(title) {
  const why = h("input", { id: "evidence-reason", maxlength: 300, autocomplete: "off", required: true, autofocus: true });
  return ask(title, (close) => {
    const form = h("form", { class: "stack" }, h("label", { for: "evidence-reason" }, t("evidence.why")), why,
      button(t("dialog.ok"), { kind: "primary", type: "submit" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (why.value.trim()) close(why.value.trim());
    });
    return form;
  });
}
