// Speaking: the warning for a case, and free words through a horn.

import { ask, button, h, toast } from "./dom.js";
import { post } from "./request.js";
import { problemWords } from "./sentences.js";
import { t } from "./text.js";

const LONGEST_WORDS = 200; // characters; longer than anybody stands still to listen to

// Asks for words and speaks them through a horn.
export async function sayThrough(hornId, name) {
  const words = await ask(t("horn.say_title", { name }), (close) => {
    const field = h("textarea", { id: "say-words", rows: 3, maxlength: LONGEST_WORDS, required: true });
    field.value = t("horn.suggestion");
    const form = h(
      "form", { class: "stack" },
      h("label", { for: "say-words" }, t("horn.words")), field,
      h("div", { class: "row end" },
        button(t("horn.stop"), { symbol: "stop", onclick: () => stopHorn(hornId) }),
        button(t("horn.speak"), { symbol: "horn", kind: "warning", type: "submit" })),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      close(field.value.trim());
    });
    return form;
  });
  if (words) await tell(() => post(`/api/horns/${encodeURIComponent(hornId)}/say`, { words }), t("horn.spoken"));
}

export const stopHorn = (hornId) => tell(() => post(`/api/horns/${encodeURIComponent(hornId)}/stop`), t("horn.stopped"));

// Speaks the warning that belongs to a case.
export const warnCase = (caseId) => tell(() => post(`/api/cases/${caseId}/warn`), t("horn.warned"));

async function tell(action, words) {
  try {
    await action();
    toast(words, "good");
    return true;
  } catch (refusal) {
    toast(problemWords(refusal), "bad");
    return false;
  }
}
