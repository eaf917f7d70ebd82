// The second column: one chat, as the person sees it: bubbles, buttons, edits, and the place to write.

import { $, attempt, dateOf, day, el, face, get, icon, nameOf, now, post, state, t, time } from "./sandbox-page.js";
import { seen } from "./sandbox-people.js";
import * as skins from "./sandbox-skins.js";

let shown = new Map(); // line id -> [what it looked like, element]
let lastSaid = "";
let typingUntil = 0;
let onWhy = () => {};

export function begin(why) {
  onWhy = why;
  skins.begin(load);
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("composer").addEventListener("click", (event) => {
    const kind = event.target.closest("[data-send]")?.dataset.send;
    if (kind) say({ attachment: kind });
  });
  const write = $("write");
  write.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
    if (event.key === "ArrowUp" && !write.value && lastSaid) { event.preventDefault(); write.value = lastSaid; grow(); }
  });
  write.addEventListener("input", grow);
  $("as").addEventListener("change", () => { state.speaker[state.current] = $("as").value; render(); });
  setInterval(() => { if (performance.now() > typingUntil) hush(); }, 200);
}

function grow() {
  const write = $("write");
  write.style.height = "auto";
  write.style.height = `${Math.min(write.scrollHeight + 2, 140)}px`;
}

/** Who acts in the open chat. */
export const actor = () => (state.groups.has(state.current) ? state.speaker[state.current] : state.current);

export async function open(chat) {
  state.current = chat;
  state.lines = [];
  shown = new Map();
  hush();
  head();
  await load();
}

/** A chat that was drawn while it was out of sight begins at its top: show what was said last. */
export const toEnd = () => { $("lines").scrollTop = $("lines").scrollHeight; };

function head() {
  const group = state.groups.get(state.current);
  const person = state.people.get(state.current);
  const look = face(state.current);
  $("who").hidden = false;
  $("who-face").className = look.class;
  $("who-face").textContent = look.letter;
  $("who-name").textContent = nameOf(state.current);
  $("who-place").textContent = group
    ? group.members.map(nameOf).slice(0, 9).join(t("unit.list"))
    : [person.community, person.place, person.kind === "staff" ? t(`story.${person.note}`) : ""].filter(Boolean).join(" · ");
  $("who-facts").hidden = !person?.account;
  $("as-row").hidden = !group;
  if (group) {
    const members = group.members.map((id) => state.people.get(id)).filter(Boolean);
    state.speaker[group.id] ??= members.find((member) => member.cast && member.kind !== "staff")?.id ?? members[0]?.id;
    $("as").replaceChildren(...members.map((m) => el("option", { value: m.id, selected: m.id === state.speaker[group.id] }, `${m.name} ${m.place}`)));
  }
  $("composer").hidden = Boolean(person && !person.started);
  $("write").placeholder = t("chat.write", { name: nameOf(actor()) });
}

export async function load() {
  const chat = state.current;
  if (!chat) { render(); return; }
  const { lines, ...look } = await get(`/chats/${encodeURIComponent(chat)}`);
  if (chat !== state.current) return;
  skins.draw(look);
  const told = (each) => JSON.stringify(each.filter((line) => !line.sender).map((line) => [line.id, line.text]));
  if (told(lines) !== told(state.lines)) hush(); // a new answer, or one that was edited in place
  state.lines = lines;
  seen(chat);
  render();
}

export function typing(chat) {
  if (chat !== state.current) return;
  typingUntil = performance.now() + 4000;
  $("typing").hidden = false;
}

function hush() {
  typingUntil = 0;
  $("typing").hidden = true;
}

export function render() {
  const box = $("lines");
  const person = state.people.get(state.current);
  if (!state.current) { box.replaceChildren(blank(t("chat.empty_title"), t("chat.empty"))); return; }
  $("composer").hidden = Boolean(person && !person.started);
  $("write").placeholder = t("chat.write", { name: nameOf(actor()) });
  if (person && !person.started) { box.replaceChildren(slip(person)); shown = new Map(); return; }
  if (!state.lines.length) { box.replaceChildren(blank("", t("chat.silent"))); shown = new Map(); return; }
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  const first = shown.size === 0;
  const elements = [];
  const next = new Map();
  let last = "";
  for (const line of state.lines) {
    const date = dateOf(line.at);
    if (date !== last) elements.push(el("div", { class: "day" }, date === dateOf(now()) ? `${t("chat.day_today")} · ${day(line.at)}` : day(line.at)));
    last = date;
    const looks = JSON.stringify([line, actor(), skins.wears()]);
    const [before, element] = shown.get(line.id) ?? [];
    const fresh = before === looks ? element : bubble(line);
    if (!first && !element) fresh.classList.add("new");
    next.set(line.id, [looks, fresh]);
    elements.push(fresh);
  }
  shown = next;
  const focused = document.activeElement?.dataset?.token;
  box.replaceChildren(...elements);
  if (focused) box.querySelector(`[data-token="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  if (first || atEnd) box.scrollTop = box.scrollHeight;
}

function blank(title, text) {
  return el("div", { class: "blank" }, el("img", { src: "/sandbox/static/bell.svg", alt: "", width: 72, height: 72 }), title ? el("h3", {}, title) : null, el("p", {}, text));
}

function slip(person) {
  if (!person.slip) {
    return el("div", { class: "slip" }, el("h3", {}, person.name), el("p", {}, t("chat.stranger_text")), el("p", {}, "\u00a0"),
      el("button", { class: "primary", onclick: () => press_start(person, "") }, t(skins.wears() === "wechat" ? "skin.follow_bare" : "chat.start_bare")));
  }
  return el("div", { class: "slip" },
    el("h3", {}, t("chat.slip_title")), el("p", {}, t("chat.slip_text", person)), el("code", {}, `/start ${person.slip}`),
    el("small", {}, t("chat.slip_tail", { tail: person.phone_tail })),
    el("button", { class: "primary", onclick: () => press_start(person, person.slip) }, t(skins.wears() === "wechat" ? "skin.follow" : "chat.start")),
    el("button", { class: "quiet", onclick: () => press_start(person, "") }, t(skins.wears() === "wechat" ? "skin.follow_bare" : "chat.start_bare")));
}

const press_start = (person, token) => attempt(async () => {
  await post("/start", { as: person.id, token });
  person.started = true;
  typing(person.id);
  head();
  await load();
});

function bubble(line) {
  const mine = line.sender !== "" && line.sender === actor();
  const bot = line.sender === "";
  const inGroup = state.groups.has(state.current);
  const look = bot ? null : face(line.sender);
  return el("div", { class: `line${mine ? " mine" : ""}${bot ? " bot" : ""}`, "data-id": line.id },
    mine ? null : bot
      ? el("span", { class: "face" }, el("img", { src: "/sandbox/static/bell.svg", alt: t("chat.bot") }))
      : el("span", { class: look.class, "aria-hidden": "true" }, look.letter),
    el("div", {},
      el("div", { class: "bubble" },
        inGroup && !mine ? el("span", { class: "sender" }, bot ? t("chat.bot") : line.name) : null,
        line.attachment ? file(line) : null,
        line.card.length ? skins.card(line.card) : null,
        line.text ? el("span", {}, line.text) : null,
        el("span", { class: "meta" },
          bot && line.row ? el("button", { type: "button", onclick: () => onWhy(line.row) }, t("why.title")) : null,
          line.edited ? el("span", {}, t("chat.edited")) : null,
          el("time", {}, time(line.at)),
          mine ? ticks(line.taken) : null)),
      line.choices.length && !skins.wears() ? keys(line) : null)); // what was sent in another look keeps no buttons here
}

function ticks(taken) {
  return el("svg", { viewBox: "0 0 22 14", class: "ticks", role: "img", "aria-label": taken ? t("chat.taken") : "" },
    el("path", { d: taken ? "m2 7.500 4 4 7-8.500M9.500 10.500l1 1 8-8.500" : "m5 7.500 4 4 8-8.500" }));
}

function file({ id, attachment }) {
  const voice = attachment.kind === "voice";
  const paper = attachment.kind === "document";
  return el("span", { class: "file" },
    icon(paper ? "M7 3.500h7l4 4v13H7zM14 3.500v4h4M10 12h5M10 15.500h5" : voice ? "M4 10v4M8 7v10M12 4.500v15M16 8v8M20 10.500v3" : "M4 6.500A1.500 1.500 0 0 1 5.500 5h13A1.500 1.500 0 0 1 20 6.500v11a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500zM4.500 17l5-5 3.500 3.500 2.500-2 4 3.500"),
    attachment.saved
      ? el("a", { href: `/sandbox/api/chats/${encodeURIComponent(state.current)}/${id}/file`, download: attachment.name, title: t("chat.save") }, attachment.name)
      : el("span", {}, attachment.name || t(`chat.${attachment.kind}_name`)));
}

function keys(line) {
  return el("div", { class: "keys" }, line.choices.map((row) => el("div", {}, row.map((choice) => {
    if (choice.url) {
      const safe = /^https?:\/\//.test(choice.url) ? choice.url : null;
      return el("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, choice.label);
    }
    return el("button", {
      type: "button", "data-token": choice.token, disabled: choice.used, class: [choice.pressed ? "pressed" : "", choice.stale ? "stale" : ""].join(" ").trim() || null,
      onclick: () => press(line, choice),
    }, choice.used || choice.pressed ? `✓ ${choice.label}` : choice.label);
  }))));
}

export const press = (line, choice) => attempt(async () => {
  typing(state.current);
  await post("/press", { as: actor(), chat: state.current, message: String(line.id), token: choice.token });
});

function send() {
  const text = $("write").value.trim();
  if (!text) return;
  lastSaid = text;
  $("write").value = "";
  grow();
  say({ text });
}

export const say = (what) => attempt(async () => {
  if (skins.wears() !== "wecom" && (!state.groups.has(state.current) || /@|^\//.test(what.text ?? ""))) typing(state.current);
  await post("/say", { as: actor(), chat: state.current, ...what });
  $("lines").scrollTop = $("lines").scrollHeight;
});
