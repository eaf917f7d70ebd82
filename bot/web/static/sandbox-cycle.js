// The switch between the worlds, and a world's whole cycle: one sentence a step, the chat it speaks of, and "next".

import { $, ask, attempt, el, get, nameOf, post, setting, show, state, t } from "./sandbox-page.js";
import * as behind from "./sandbox-behind.js";

let cycle = null; // what the server said last
let busy = 0; // the number of the step under way
let halting = false; // the visitor has asked: the step ends with the day it is in
let pick = async () => {};

export function begin(open) {
  pick = open;
  $("cycle-begin").addEventListener("click", async () => { if (await ask(t("cycle.sure"))) move("begin"); });
  $("cycle-next").addEventListener("click", next);
  $("cycle-look").addEventListener("click", look);
  $("cycle-stop").addEventListener("click", stop);
  $("cycle-leave").addEventListener("click", () => move("leave"));
}

export async function load() {
  cycle = await get("/cycle");
  draw();
}

/** Where a page that opens anew begins: with the chat that the last step spoke of. */
export const opens = () => step()?.chat ?? "";

export const on = () => cycle !== null && cycle.played !== null;
const over = () => cycle.played >= cycle.steps.length;
const step = () => (on() && cycle.played > 0 ? cycle.steps[cycle.played - 1] : null);

function draw() {
  $("worlds").replaceChildren(...setting.worlds.map((name) => el("button", {
    "data-world": name, "aria-pressed": String(name === state.world), onclick: () => enter(name),
  }, t(`world.${name}`))));
  $("stage").hidden = on();
  $("tour").hidden = on();
  $("cycle").hidden = !on();
  if (!on()) return;
  const told = busy || cycle.halfway ? null : step(); // what a step brought is told when it is there to be seen
  const number = busy || (cycle.halfway ? cycle.played + 1 : cycle.played);
  const going = t(number > 1 ? "cycle.going_on" : "cycle.going", { n: number }); // how it goes is told once
  say(busy ? going : cycle.halfway ? t("cycle.halfway", { n: number }) : (told?.caption ?? cycle.intro));
  $("cycle-step").textContent = t("tour.step", { n: number, all: cycle.steps.length });
  $("cycle-bar").style.width = `${(number / cycle.steps.length) * 100}%`;
  $("cycle-look").hidden = !told;
  $("cycle-look").textContent = told ? t("cycle.look", { name: nameOf(told.chat) }) : "";
  $("cycle-next").hidden = over();
  $("cycle-next").disabled = busy;
  $("cycle-next").textContent = t(busy ? "cycle.busy" : cycle.halfway ? "cycle.resume" : cycle.played ? "cycle.next" : "cycle.first");
  $("cycle-stop").hidden = !busy;
  $("cycle-stop").disabled = halting;
  $("cycle-stop").textContent = t(halting ? "clock.halting" : "clock.stop");
  $("cycle-leave").textContent = t(over() ? "cycle.done" : "cycle.leave");
  $("cycle-leave").disabled = busy;
  $("cycle").dataset.played = String(busy ? -1 : cycle.played);
}

/** The one sentence; what stands there already is not written, and read out, again. */
function say(text) {
  if ($("cycle-text").textContent !== text) $("cycle-text").textContent = text;
}

async function enter(name) {
  if (name === state.world || busy) return;
  if (await ask(t("world.sure", { name: t(`world.${name}`) }))) await attempt(() => post("/world", { name }));
}

async function move(action) {
  const fresh = await attempt(() => post("/cycle", { action }));
  if (fresh) cycle = fresh;
  draw();
}

async function stop() {
  halting = true;
  draw();
  await attempt(() => post("/clock", { action: "stop" }));
}

async function next() {
  busy = cycle.played + 1;
  draw();
  $("cycle-text").focus({ preventScroll: true });
  const chat = cycle.steps[cycle.played].chat;
  await attempt(() => pick(chat));
  await move("next");
  busy = 0;
  halting = false;
  await attempt(load);
  if (cycle.played && !cycle.halfway && step().chat === chat) await look();
  if (!over()) $("cycle-next").focus({ preventScroll: true });
}

/** The chat that the sentence speaks of; beside it, where there is room, what lies behind. */
async function look() {
  const told = step();
  await attempt(() => pick(told.chat));
  show("chat");
  if (told.tab) await behind.select(told.tab);
}
