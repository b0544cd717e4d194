// Makes sentences of what the server says: problems, what the program wrote into a case, and what led to it.
//
// Belongs here: which words of text.js a message of the server gets. Does not: the words themselves.

import { has, quantity, t, word } from "./text.js";

// Returns what a problem of the server, {code, message, facts}, means: our own words, else the server's English sentence.
export function problemWords({ code, message, facts = {} }) {
  if (!has(`problem.${code}`)) return message || String(code);
  if (code === "correction") return has(`correction.${facts.cause}`) ? t(`correction.${facts.cause}`) : message;
  if (code === "machine" || code === "recording_stopped") return t(`problem.${code}`, { cause: word("machine", facts.cause) });
  if (code === "evaluation_inputs") return inputWords(facts, message);
  if (code === "not_valid") return mistakeWords(facts, message);
  if (code === "zones_refused") return t("problem.zones_refused", { zone: facts.zone, what: mistakeWords(facts, message) });
  const { state, action, cause, detail, posts } = facts;
  const words = { state: state && word("state", state), action: action && word("action", action) };
  if (code === "action_blocked") words.cause = word("blocked", cause);
  if (code === "action_detail") Object.assign(words, { detail: word("detail", detail), cause: word("detailfault", cause) });
  if (code === "examiner_fails") Object.assign(words, { examiner: word("examiner", facts.examiner), cause: word("examined", cause) });
  if (code === "post_missing") words.posts = posts.split(", ").map((post) => word("post", post)).join(t("case.and"));
  return t(`problem.${code}`, { ...facts, ...words });
}

// Returns the problem of a camera or horn, for which the server says `problem` and `problem_code`.
export const troubleWords = ({ problem, problem_code }) => (problem ? problemWords({ code: problem_code, message: problem }) : "");

// Says which row of a file of inputs is wrong first, in what way, and how many rows are wrong in all.
function inputWords(facts, message) {
  const cause = has(`invalid.${facts.cause}`) ? t(`invalid.${facts.cause}`, facts) : message;
  return t("problem.evaluation_inputs", { ...facts, table: word("inputtable", facts.table), cause });
}

function mistakeWords(facts, message) {
  if (!has(`invalid.${facts.cause}`)) return message;
  const cause = t(`invalid.${facts.cause}`, facts);
  const label = ["rule", "hours", "zones", "camera_field"].map((family) => `${family}.${facts.key}`).find(has);
  return facts.key ? t("problem.not_valid", { key: label ? t(label) : facts.key, cause }) : cause;
}

// Returns a sentence that the program wrote into a case or got from a horn: the words of `said`, {family, key, facts}, by
// which the server knows it again, else the sentence as it stands.
export const saidWords = (sentence, said) => (said ? t(`${said.family}.${said.key}`, said.facts) : sentence);

const SHEETS = { read: "sheet.read", seen: "sheet.seen", too_small: "sheet.too_small", unknown: "sheet.unknown" };

// Says whether a view can see a sheet of A4 on a surface, and read it.
export const sheetWords = ({ sight, px_per_m: density, sheet_wh_px: [width, height], character_px: character }) =>
  t(SHEETS[sight], { density: Math.round(density), width: Math.round(width), height: Math.round(height), character: Math.round(character) });

// Returns one measurement that led to a case, as a sentence.
export function reasonWords({ key, value, unit }) {
  const amount = quantity(value, unit);
  return has(`reason.${key}`) ? t(`reason.${key}`, { value: amount }) : `${key}: ${amount}`;
}
