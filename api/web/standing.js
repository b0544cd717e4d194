// Where a case stands besides its state, in words: unit, time left, what came back, what is asked for.

import { h } from "./dom.js";
import { clock, day, duration, t, word } from "./text.js";

const DAY_S = 86400;

// Returns one sentence for each thing that is so, of a case as the server tells it.
export function standingWords({ handling, time, stage_due_at: stageDue, is_overdue: isOverdue }) {
  const { unit, handler, due_at: due, returned_from: from, suspended_until: until } = handling;
  const asked = ["asked", "endorsed"];
  return [
    unit && t("standing.unit", { unit }),
    handler && t("standing.handler", { handler }),
    due && dueWords(due, time),
    !due && stageDue && dueWords(stageDue, time),
    !due && isOverdue && t("standing.was_late"),
    handling.exempt && t("standing.exempt"),
    from && t("standing.returned", { state: word("state", from) }),
    handling.rework_count && t("standing.reworked", { count: handling.rework_count }),
    until && t("standing.suspended", { day: day(until) }),
    handling.extensions && t("standing.extended", { count: handling.extensions }),
    asked.includes(handling.extension) && t("standing.extension", { how: word("request", handling.extension) }),
    handling.appeal && t("standing.appeal", { how: word("request", handling.appeal) }),
    handling.supervision.length && t("standing.supervised", { kinds: handling.supervision.map((kind) => word("supervision", kind)).join(t("case.and")) }),
    handling.complaint && t("standing.complaint", { how: word("complaint", handling.complaint), answer: word("answer", handling.answer || "none") }),
    handling.parent_number && t("standing.merged", { number: handling.parent_number }),
  ].filter(Boolean);
}

// Returns when the time of a case is up, and how much of it is left as its limit counts: working time, or all time.
export function dueWords(due, time) {
  const { left_s: left, day_s: dayS } = time ?? { left_s: (Date.parse(due) - Date.now()) / 1000, day_s: DAY_S };
  const isLate = left < 0 || time?.light === "red";
  const [all, work] = isLate ? ["standing.overdue", "standing.overdue_work"] : ["standing.due", "standing.due_work"];
  return t(dayS < DAY_S ? work : all, { time: clock(due), left: duration(Math.abs(left), dayS) });
}

// Says whether a case is late: its unit is, or was, or the stage that it is in takes too long.
export const isLate = ({ is_overdue: isOverdue, time }) => isOverdue || time?.light === "red";

// Returns a dot in the colour of a case's light, or null where no clock runs; the words beside it say the same.
export const lightDot = (time) => time && h("span", { class: `light ${time.light}`, role: "img", "aria-label": word("light", time.light), title: word("light", time.light) });
