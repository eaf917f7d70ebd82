// The show, a minute and a half: a visitor's own hands, played through the same requests as any click.

import { $, el, get, nameOf, post, show, state, t } from "./sandbox-page.js";
import * as chat from "./sandbox-chat.js";
import * as behind from "./sandbox-behind.js";

const WAIT_MS = 9000; // for an answer
const WEEK_MS = 180000; // for a week to pass, on a slow machine
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const pace = Number(sessionStorage.getItem("pace") ?? 1); // below 1 the show hurries
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms * pace));
let stopped = true;
let onRestart = null;

export const playing = () => !stopped;
export const restarted = () => onRestart?.();

/** Wait until `ready()` holds, or give up quietly after `limit`. */
async function until(ready, limit = WAIT_MS) {
  for (let waited = 0; waited < limit && !stopped; waited += 100) {
    if (ready()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

export async function play(page) {
  if (!stopped) return;
  stopped = false;
  $("story-stop").onclick = () => {
    stopped = true;
    if (state.clock.moving) page.moveClock("stop");
  };
  try {
    if (!page.fresh) {
      const again = new Promise((resolve) => { onRestart = resolve; });
      await post("/scenario", { name: state.scenarios[0] });
      await Promise.race([again, sleep(8000)]);
      state.seen = {};
      await page.load();
    }
    const { steps } = await get("/tour");
    $("story").hidden = false;
    for (const [n, step] of steps.entries()) {
      if (stopped) break;
      $("story-text").textContent = step.caption;
      $("story-step").textContent = t("tour.step", { n: n + 1, all: steps.length });
      $("story-bar").style.width = `${((n + 1) / steps.length) * 100}%`;
      await Promise.all([act(page, step), sleep((step.seconds ?? 5) * 1000)]);
    }
  } finally {
    stopped = true;
    onRestart = null;
    $("story").hidden = true;
    light(null);
  }
}

async function act(page, step) {
  if (step.chat) {
    await page.pick(step.chat);
    if (step.as && state.groups.has(step.chat)) {
      state.speaker[step.chat] = step.as;
      await chat.open(step.chat);
    }
  }
  if (step.tab) await behind.select(step.tab);
  const view = step.tab ? "behind" : step.chat ? "chat" : "people";
  show(view);
  light(view);
  if (step.say) await type(step.say);
  if (step.press) await press(step.press, step.under ?? "");
  if (step.clock) {
    await page.moveClock(step.clock);
    await until(() => !state.clock.moving, WEEK_MS);
  }
}

function light(view) {
  for (const [name, id] of [["people", "people-view"], ["chat", "chat-view"], ["behind", "behind-view"]]) $(id).classList.toggle("lit", name === view);
}

async function type(text) {
  await sleep(700);
  const write = $("write");
  for (const letter of calm ? [text] : [...text]) {
    if (stopped) return;
    write.value += letter;
    await sleep(55);
  }
  await sleep(250);
  write.value = "";
  const before = told();
  await chat.say({ text });
  await until(() => told() !== before);
}

/** What the bot said last in this chat, edits included. */
const told = () => JSON.stringify(state.lines.filter((line) => !line.sender).map((line) => [line.id, line.text]).slice(-2));

/** Press the newest button with one of these labels, under a message with these words. */
async function press(wanted, under) {
  let found = null;
  await until(() => {
    for (const line of state.lines.filter((each) => each.text.includes(under)).reverse()) {
      for (const choice of line.choices.flat()) {
        if (!choice.used && !choice.pressed && wanted.includes(choice.label)) { found = [line, choice]; return true; }
      }
    }
    return false;
  });
  if (!found || stopped) return;
  const button = $("lines").querySelector(`[data-token="${CSS.escape(found[1].token)}"]`);
  button?.scrollIntoView({ block: "nearest" });
  button?.classList.add("pressing");
  await sleep(900);
  const before = told();
  await chat.press(...found);
  await until(() => told() !== before);
}
