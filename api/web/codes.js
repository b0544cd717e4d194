// Items of the city's table of codes with their filing conditions, asked for once each.

import { get } from "./request.js";
import { currentLanguage } from "./text.js";

const asked = new Map();

// Returns an item with its conditions, or null where the city's table has none of that code.
export async function itemOf(code) {
  if (!asked.has(code)) {
    const answer = get(`/api/codes/${encodeURIComponent(code)}`);
    asked.set(code, answer);
    answer.catch(() => asked.delete(code)); // the next one asks again
  }
  return (await asked.get(code)).item;
}

// Returns the one of two texts, (Chinese, English), that the page speaks.
export const said = (pair) => pair[currentLanguage() === "zh" ? 0 : 1];
