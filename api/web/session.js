// The sign-in form, who is signed in, and what that person may do.

import { button, h, icon } from "./dom.js";
import { get, post, remove } from "./request.js";
import { problemWords } from "./sentences.js";
import { languageSwitch, t } from "./text.js";

const RANKS = ["viewer", "operator", "admin"];

// Returns who is signed in as {name, role}, or null.
export async function whoIsThere() {
  const { person } = await get("/api/session");
  return person;
}

export function mayAct(person, role) {
  return RANKS.indexOf(person.role) >= RANKS.indexOf(role);
}

export const signOut = () => remove("/api/session");

// Returns the sign-in page; `onDone` gets the person who signed in.
export function signInPage(onDone, onLanguage) {
  const name = h("input", { id: "name", name: "name", autocomplete: "username", required: true, maxlength: 64 });
  const password = h("input", {
    id: "password", name: "password", type: "password", autocomplete: "current-password", required: true, maxlength: 256,
  });
  const problem = h("p", { class: "form-problem", role: "alert" });
  const submit = button(t("session.enter"), { kind: "primary wide", type: "submit" });
  const form = h(
    "form",
    { class: "sign-in" },
    h("div", { class: "sign-in-brand" }, icon("eye"), h("h1", {}, "Streetwarden")),
    h("p", { class: "muted" }, t("session.lead")),
    h("label", { for: "name" }, t("session.name")), name,
    h("label", { for: "password" }, t("session.password")), password,
    problem, submit,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = "";
    try {
      const { person } = await post("/api/session", { name: name.value.trim(), password: password.value });
      onDone(person);
    } catch (refusal) {
      problem.textContent = problemWords(refusal);
      password.value = "";
      password.focus();
    } finally {
      submit.disabled = false;
    }
  });
  return h("main", { class: "sign-in-page" }, h("div", { class: "sign-in-language" }, languageSwitch(onLanguage)), form);
}
