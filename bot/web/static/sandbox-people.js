// The first column: everyone on the platform, by search, chips and groups of people.

import { $, dateOf, el, face, now, shortDay, state, t, time } from "./sandbox-page.js";

let kind = "all";
let onPick = () => {};
const STORY_TINT = { dispute: "red", complaint: "red", promise: "blue", plan: "blue", pays: "green", claim: "green" };

export function begin(pick) {
  onPick = pick;
  $("search").addEventListener("input", draw);
  $("chips").addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (!chip) return;
    kind = chip.dataset.kind;
    for (const each of $("chips").children) each.setAttribute("aria-pressed", String(each === chip));
    draw();
  });
  $("list").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const all = [...$("list").querySelectorAll("button")];
    const next = all.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    if (all[next]) { event.preventDefault(); all[next].focus(); }
  });
}

export function unread(chat) {
  const bots = (state.people.get(chat) ?? state.groups.get(chat))?.last?.bots ?? 0;
  return bots > (state.seen[chat] ?? 0);
}

export function seen(chat) {
  const last = (state.people.get(chat) ?? state.groups.get(chat))?.last;
  if (!last) return;
  state.seen[chat] = Math.max(last.bots, state.seen[chat] ?? 0);
  sessionStorage.setItem("seen", JSON.stringify(state.seen));
}

export function draw() {
  const kinds = new Set(["all", kind, ...[...state.people.values()].map((person) => person.kind), ...(state.groups.size ? ["group"] : [])]);
  for (const chip of $("chips").children) chip.hidden = !kinds.has(chip.dataset.kind); // a school has no owners
  const wanted = $("search").value.trim().toLowerCase();
  const fits = (text) => !wanted || text.toLowerCase().includes(wanted);
  const people = [...state.people.values()].filter(
    (person) => (kind === "all" || person.kind === kind) && fits(`${person.name} ${person.place} ${person.community} ${person.account}`),
  );
  const groups = kind === "all" || kind === "group" ? [...state.groups.values()].filter((group) => fits(group.title)) : [];
  const sections = [
    [t("people.groups"), groups.map((group) => row(group.id, group.title, t("people.members", { n: group.members.length }), group.last, ""))],
    [t("people.cast"), people.filter((p) => p.cast && p.kind !== "staff").map(personRow)],
    [t("people.desk"), people.filter((p) => p.kind === "staff").map(personRow)],
  ];
  const rest = people.filter((person) => !person.cast);
  const communities = [...new Set(rest.map((person) => person.community))].sort((a, b) => Boolean(b) - Boolean(a));
  for (const community of communities) {
    sections.push([community || t("people.stranger"), rest.filter((person) => person.community === community).map(personRow)]);
  }
  const shown = sections.filter(([, rows]) => rows.length);
  const focused = document.activeElement?.closest?.("#list button")?.dataset.chat;
  $("list").replaceChildren(
    ...(shown.length
      ? shown.flatMap(([title, rows]) => [el("h3", {}, title), el("ul", {}, rows.map((each) => el("li", {}, each)))])
      : [el("p", { class: "blank" }, t("people.empty"))]),
  );
  if (focused) $("list").querySelector(`[data-chat="${CSS.escape(focused)}"]`)?.focus();
}

function personRow(person) {
  const note = person.note && (person.cast || !person.started) ? person.note : !person.started ? "slip" : "";
  return row(person.id, person.name, person.place, person.last, note, person.fault);
}

function row(chat, name, place, last, note, fault) {
  const look = face(chat);
  const when = last ? (dateOf(last.at) === dateOf(now()) ? time(last.at) : shortDay(last.at)) : "";
  return el(
    "button",
    { class: "person", "data-chat": chat, "aria-current": state.current === chat ? "true" : "false", onclick: () => onPick(chat) },
    el("span", { class: look.class, "aria-hidden": "true" }, look.letter),
    el("span", { class: last || place ? "name" : "name alone" }, el("b", {}, name),
      note ? el("span", { class: `tag ${STORY_TINT[note] ?? (note === "slip" ? "" : "plain")}` }, t(`story.${note}`)) : null,
      fault ? el("span", { class: "tag red" }, "!") : null),
    el("time", {}, when),
    el("span", { class: "last" }, [place, last?.card ? t(`card.${last.card}`) : last?.text].filter(Boolean).join(" · ")),
    unread(chat) ? el("span", { class: "dot", role: "img", "aria-label": t("people.unread") }) : null,
  );
}
