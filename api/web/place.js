// Where a case is and what was there before: earlier cases, grid, area, address, the responsible unit, what permits it
// or holds its filing back, and whether it may be the same as another case.

import { button, h } from "./dom.js";
import { clock, day, t, word } from "./text.js";

const SHOWN = 5; // earlier cases; the others are counted

// Returns what is to be known before anything is decided: permits, controls, the same case seen anew. `onMerge(number)` is
// offered where the person may merge.
export const placeNotices = (place, onMerge) => [findings(place.findings), kinship(place.proposal, onMerge)];

// Returns the section of a place as the server tells it.
export function placeSection(place) {
  return h("section", { class: "place", "aria-label": t("place.title") }, h("h3", {}, t("place.title")), facts(place), earlier(place), why(place.proposal));
}

// Returns the unit that is proposed for a case: by today's rules, else as it was when the case was opened.
export const proposedUnit = (place) => place?.rule?.unit || place?.proposal.unit || "";

// Returns the number of the case that this one is proposed to be the same as, or "".
export const proposedParent = (place) => (place?.proposal.kinship === "same" ? place.proposal.kin_number : "");

function findings({ permits, controls }) {
  return [
    permits.map((permit) => h("p", { class: "notice good" },
      t("place.permit", { number: permit.number, holder: permit.holder || "–" }), scheduleWords(permit.when), permit.note ? ` · ${permit.note}` : "")),
    controls.map((control) => h("p", { class: "notice" },
      t("place.control", { name: control.name, approver: control.approver || t("place.nobody") }), scheduleWords(control.when),
      control.reason ? ` · ${control.reason}` : "")),
  ];
}

function kinship(proposal, onMerge) {
  const { kinship: kin, kin_id: id, kin_number: number } = proposal;
  if (!isKin(proposal)) return null;
  const link = h("a", { href: `#/cases/${encodeURIComponent(id)}` }, number);
  const words = word("kinship", proposal.is_sure ? `${kin}_sure` : kin);
  return h("div", { class: "notice kin row", "data-kinship": kin },
    h("span", {}, words, " ", link, t("case.and"), word("kin", proposal.why)),
    kin === "same" && onMerge ? button(t("place.merge", { number }), { symbol: "merge", onclick: () => onMerge(number) }) : null);
}

const isKin = ({ kinship: kin, kin_number: number }) => Boolean(kin && kin !== "new" && number);
const why = (proposal) => (isKin(proposal) || !proposal.why ? null : h("p", { class: "muted" }, word("kin", proposal.why)));

function facts(place) {
  const { position, grid, area, district, address } = place;
  const unit = proposedUnit(place);
  const at = position && `${position.longitude.toFixed(6)}, ${position.latitude.toFixed(6)} ± ${Math.round(position.error_m)} m`;
  const rows = { address, grid, area, district, unit, at };
  const told = Object.entries(rows).filter(([, value]) => value);
  if (!told.length) return h("p", { class: "muted" }, t("place.unknown"));
  return h("dl", { class: "place-facts" }, told.map(([name, value]) => h("div", {}, h("dt", {}, word("placefact", name)), h("dd", {}, value))));
}

function earlier({ history }) {
  if (!history.count) return h("p", { class: "muted" }, t("place.nothing_before"));
  const codes = Object.entries(history.codes).map(([code, count]) => `${code} × ${count}`).join(" · ");
  const rows = history.newest.slice(0, SHOWN).map((seen) => h("li", {},
    h("a", { href: `#/cases/${encodeURIComponent(seen.id)}` }, seen.number), " ",
    h("span", { class: `badge ${seen.state}` }, word("state", seen.state)), h("span", { class: "muted" }, ` ${clock(seen.raised_at)}`)));
  return [
    h("p", {}, t("place.before", { count: history.count, day: day(history.first_at) }), h("span", { class: "muted" }, ` ${codes}`)),
    h("ul", { class: "earlier" }, rows),
  ];
}

// Says when something holds, in numbers that both languages read; nothing where it always does.
function scheduleWords({ first_day: first, last_day: last, weekdays, hours }) {
  const two = (number) => String(number).padStart(2, "0");
  const time = (minutes) => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  const parts = [
    first ? t("place.from", { day: first }) : "",
    last ? t("case.until", { time: last }) : "",
    weekdays.length < 7 ? weekdays.map((number) => word("weekday", number)).join(" ") : "",
    hours.map(([from, to]) => `${time(from)}–${time(to)}`).join(" "),
  ].filter(Boolean);
  return parts.length ? ` · ${parts.join(" · ")}` : "";
}
