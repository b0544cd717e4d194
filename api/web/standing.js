// Where a case stands besides its state, in words: unit, time left, what came back, what is asked for.

import { clock, day, duration, t, word } from "./text.js";

// Returns one sentence for each thing that is so; `isOverdue` as the server judged it.
export function standingWords(handling, isOverdue) {
  const { unit, handler, due_at: due, returned_from: from, suspended_until: until } = handling;
  const asked = ["asked", "endorsed"];
  return [
    unit && t("standing.unit", { unit }),
    handler && t("standing.handler", { handler }),
    due && dueWords(due),
    !due && isOverdue && t("standing.was_late"),
    handling.exempt && t("standing.exempt"),
    from && t("standing.returned", { state: word("state", from) }),
    handling.rework_count && t("standing.reworked", { count: handling.rework_count }),
    until && t("standing.suspended", { day: day(until) }),
    handling.extensions && t("standing.extended", { count: handling.extensions }),
    asked.includes(handling.extension) && t("standing.extension", { how: word("request", handling.extension) }),
    handling.appeal && t("standing.appeal", { how: word("request", handling.appeal) }),
    handling.supervision.length && t("standing.supervised", { kinds: handling.supervision.map((kind) => word("supervision", kind)).join(t("case.and")) }),
    handling.parent_number && t("standing.merged", { number: handling.parent_number }),
    handling.condition && t("standing.condition", { number: handling.condition }),
  ].filter(Boolean);
}

// Returns when the time of a case is up, and how long that is from now.
export function dueWords(due) {
  const left = (Date.parse(due) - Date.now()) / 1000;
  return t(left < 0 ? "standing.overdue" : "standing.due", { time: clock(due), left: duration(Math.abs(left)) });
}
