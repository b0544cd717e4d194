// The way of cases as the server tells it: stages of the chosen form, and what each action must tell.

import { get } from "./request.js";

const STORED = "stages";
let told = null;

// Asks the server once; a refusal is the caller's, and the next call asks again.
export async function loadWorkflow() {
  told ??= await get("/api/cases/workflow");
  return told;
}

// Returns the keys of all forms.
export const forms = () => Object.keys(told?.forms ?? {});

export function chosenForm() {
  const stored = localStorage.getItem(STORED);
  return forms().includes(stored) ? stored : forms()[0];
}

export const chooseForm = (form) => localStorage.setItem(STORED, form);

// Returns the stages of the chosen form as [{number, name}].
export const stages = () =>
  (told?.forms[chosenForm()] ?? []).map((names, i) => ({ number: i + 1, name: names[document.documentElement.lang === "zh" ? 0 : 1] }));

export const statesOfStage = (number) =>
  Object.entries(told?.stages ?? {}).filter(([, stage]) => stage[chosenForm()] === number).map(([state]) => state);

// Returns where a state is in the chosen form, {number, name, count}, or null where the form has no stage for it.
export function stageOf(state) {
  const all = stages();
  const stage = all[(told?.stages[state]?.[chosenForm()] ?? 0) - 1];
  return stage ? { ...stage, count: all.length } : null;
}

// Returns what an action must tell: {needs_reason, needs, takes}.
export const ruleOf = (action) => told?.rules[action] ?? { needs_reason: false, needs: [], takes: [] };
