// A chat as WeChat's platforms would show it: which look it wears, what its rules allow now, the menu, a colleague's taps.

import { $, ask, attempt, el, lately, nameOf, post, setting, state, t } from "./sandbox-page.js";

let reload = () => {};
let look = { skin: "", allows: [], tasks: [] };

export function begin(again) {
  reload = again;
  $("skin").addEventListener("change", () => attempt(async () => {
    await post("/skin", { chat: state.current, skin: $("skin").value });
    await reload();
  }));
  $("agree").addEventListener("click", () => attempt(async () => {
    if (!(await ask(t("skin.agree_sure")))) return;
    await post("/agree", { as: state.current });
    await reload();
  }));
  $("leave").addEventListener("click", () => attempt(async () => {
    if (!(await ask(t("skin.leave_sure")))) return;
    await post("/unfollow", { as: state.current });
    state.people.get(state.current).started = false;
    await reload();
  }));
  document.addEventListener("click", (event) => { if (!event.target.closest("#menu")) fold(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") fold(); });
}

export const wears = () => look.skin;

/** Draw everything around the lines; `fresh` is what the server said of this chat. */
export function draw(fresh) {
  look = fresh;
  const group = state.groups.get(state.current);
  const person = state.people.get(state.current);
  const names = group?.kind === "staff" || person?.kind === "staff" ? [] : group ? ["", "wecom"] : ["", "wechat", "wecom"];
  $("skin").hidden = names.length === 0;
  $("skin").replaceChildren(...names.map((name) => el("option", { value: name, selected: name === look.skin }, t(label(name, group)))));
  $("chat-view").dataset.skin = look.skin;
  $("rules").hidden = !look.skin;
  $("rules").firstElementChild.textContent = look.skin ? rules(group) : "";
  $("leave").hidden = $("agree").hidden = look.skin !== "wechat" || !person?.started;
  drawMenu(look.skin === "wechat" && person?.started);
  drawTaps();
}

const label = (name, group) => (name === "" ? "skin.plain" : name === "wechat" ? "skin.wechat" : group ? "skin.wecom_group" : "skin.wecom");

function rules(group) {
  if (look.skin === "wecom") return t("skin.wecom_note", { name: group ? owner(group) : t("story.collector") });
  return look.notices ? `${allowed()} ${t("skin.notices", { n: look.notices })}` : allowed();
}

function allowed() {
  const free = look.allows.find((each) => each.left === null);
  if (free) return t("skin.wechat_free", { until: lately(free.until) });
  const n = look.allows.reduce((sum, each) => sum + each.left, 0);
  if (!n) return t("skin.wechat_shut");
  const until = look.allows.map((each) => each.until).sort().at(-1);
  return t("skin.wechat_open", { n, until: lately(until) });
}

function owner(group) {
  const staff = group.members.map((id) => state.people.get(id)).filter((each) => each?.kind === "staff");
  return (staff.find((each) => each.note === "collector") ?? staff[0])?.name ?? "";
}

function drawMenu(open) {
  $("menu").hidden = !open;
  if (!open || $("menu").childElementCount) return;
  $("menu").replaceChildren(...setting.menu.map((button) => el("div", {},
    el("button", { type: "button", "aria-expanded": "false", onclick: (event) => (button.sub_button ? unfold(event.currentTarget) : click(button)) }, button.name),
    button.sub_button ? el("div", { class: "below", hidden: true }, button.sub_button.map((each) => el("button", { type: "button", onclick: () => click(each) }, each.name))) : null)));
}

function unfold(button) {
  const opens = button.getAttribute("aria-expanded") === "false";
  fold();
  button.setAttribute("aria-expanded", String(opens));
  button.nextElementSibling.hidden = !opens;
}

function fold() {
  for (const button of $("menu").querySelectorAll("[aria-expanded=true]")) {
    button.setAttribute("aria-expanded", "false");
    button.nextElementSibling.hidden = true;
  }
}

const click = (entry) => attempt(async () => {
  fold();
  if (entry.url) { window.open(entry.url, "_blank", "noopener"); return; }
  await post("/click", { as: state.current, key: entry.key });
});

function drawTaps() {
  $("taps").hidden = look.tasks.length === 0;
  $("taps").replaceChildren(...look.tasks.map((task) => el("div", { class: "card" },
    el("div", {}, el("b", {}, t("skin.task")), el("p", {}, task.text), el("p", {}, t("skin.task_to", { to: task.to.join(t("unit.list")) }))),
    el("button", { class: "primary", onclick: () => attempt(async () => { await post("/confirm", { task: task.id }); await reload(); }) }, t("skin.task_send")))));
}

/** A template message: its title, then a row for each field. */
export function card([[, family], ...rows]) {
  return el("div", { class: "template" }, el("b", {}, t(`card.${family}`)),
    el("dl", {}, rows.map(([name, value]) => [el("dt", {}, t(`card.${name}`)), el("dd", {}, value)])));
}
