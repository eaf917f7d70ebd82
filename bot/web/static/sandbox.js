// The page's beginning: load the state, listen to what changes, and tie the three columns together.

import { $, ask, attempt, day, get, now, post, seconds, setClock, show, soon, state, t, toast, when } from "./sandbox-page.js";
import * as people from "./sandbox-people.js";
import * as chat from "./sandbox-chat.js";
import * as behind from "./sandbox-behind.js";
import * as cycle from "./sandbox-cycle.js";
import * as tour from "./sandbox-tour.js";

// While time is skipped a lot happens at once: then the page looks less often.
const pace = (calm, busy) => () => (state.clock?.moving ? busy : calm);
const refreshState = soon(() => attempt(load), pace(250, 1500));
const refreshChat = soon(() => attempt(chat.load), pace(60, 700));
const refreshPanel = soon(() => attempt(behind.draw), pace(450, 1100));

async function load() {
  const fresh = await get("/state");
  state.people = new Map(fresh.people.map((person) => [person.id, person]));
  state.groups = new Map(fresh.groups.map((group) => [group.id, group]));
  Object.assign(state, { faults: fresh.faults, scenario: fresh.scenario, scenarios: fresh.scenarios, world: fresh.world, opens: fresh.opens, startsAt: fresh.starts_at });
  setClock(fresh.clock);
  $("office").textContent = `${t("page.sandbox")} · ${fresh.office}`;
  if (state.current) people.seen(state.current);
  people.draw();
  chat.render();
}

export async function pick(id, view = "chat") {
  await chat.open(id);
  people.draw();
  show(view);
  chat.toEnd();
  if (behind.tab() === "household") refreshPanel();
  if (matchMedia("(min-width: 1121px)").matches) $("write").focus();
}

function drawClock() {
  if (!state.clock) return;
  const at = now();
  $("moment-date").textContent = day(at);
  $("moment-time").textContent = seconds(at);
  $("pulse").classList.toggle("still", !state.clock.running && !state.clock.moving);
  const { running, moving, halting, to, done } = state.clock;
  $("moment-note").textContent = moving && to ? t("clock.moving_to", { to: when(to), done: Math.round((done ?? 0) * 100) }) : t("page.simulated");
  $("moment-note").parentElement.classList.toggle("moving", moving);
  for (const button of document.querySelectorAll("[data-clock]")) button.disabled = moving;
  $("hold").textContent = t(moving ? (halting ? "clock.halting" : "clock.stop") : running ? "clock.pause" : "clock.go");
  $("hold").disabled = moving && halting;
}

let jumping = false;
function onClock(clock) {
  setClock(clock);
  $("progress").hidden = !clock.moving;
  $("progress").setAttribute("aria-valuenow", String(Math.round(clock.done * 100)));
  $("progress").firstElementChild.style.width = `${clock.done * 100}%`;
  drawClock();
  if (jumping && !clock.moving) {
    if (!cycle.on() && !tour.playing()) toast(t("clock.moved", { when: when(clock.now) }));
    refreshState();
    refreshChat();
  }
  jumping = clock.moving;
  refreshPanel();
}

function listen() {
  const stream = new EventSource("/sandbox/api/events");
  const on = (name, work) => stream.addEventListener(name, (event) => work(JSON.parse(event.data)));
  let lost = false;
  stream.onopen = () => {
    if (lost) { lost = false; refreshState(); refreshChat(); refreshPanel(); }
  };
  stream.onerror = () => {
    if (stream.readyState === EventSource.CLOSED) toast(t("page.gone"), true);
    else if (!lost) toast(t("page.offline"), true);
    lost = true;
  };
  on("chat", ({ chat: id }) => { refreshState(); refreshPanel(); if (id === state.current) refreshChat(); });
  on("typing", ({ chat: id }) => chat.typing(id));
  on("toast", ({ person, text }) => { if (person === chat.actor()) toast(text); });
  on("clock", onClock);
  on("cycle", () => { refreshState(); refreshChat(); attempt(cycle.load); });
  on("faults", refreshState);
  on("money", refreshPanel);
  on("reset", () => { sessionStorage.clear(); if (!tour.playing()) location.reload(); else tour.restarted(); });
}

const moveClock = (action) => attempt(async () => {
  const hold = action !== "pause" ? action : state.clock.moving ? "stop" : state.clock.running ? "pause" : "go";
  onClock({ done: state.clock.done ?? 0, ...(await post("/clock", { action: hold })) });
});

function wire() {
  $("bar").addEventListener("click", (event) => {
    const view = event.target.closest("button")?.dataset.view;
    if (view) show(view);
  });
  document.querySelector(".clock").addEventListener("click", (event) => {
    const action = event.target.closest("button")?.dataset.clock;
    if (action) moveClock(action);
  });
  $("who-facts").addEventListener("click", () => { behind.select("household"); show("behind"); });
  $("big").addEventListener("click", () => setBig(!document.documentElement.classList.contains("big")));
  $("language").addEventListener("click", () => {
    const other = document.documentElement.lang === "en" ? "zh" : "en";
    document.cookie = `nuanling_language=${other}; path=/sandbox; max-age=31536000; samesite=strict`;
    location.assign("/sandbox");
  });
  $("tour").addEventListener("click", async () => {
    const fresh = state.scenario === state.scenarios[0] && !touched();
    if (fresh || (await ask(t("tour.sure")))) await attempt(() => tour.play({ pick, moveClock, load, fresh }));
  });
}

/** Has a visitor done anything since the scenario began? */
const FRESH_MS = 15 * 60 * 1000;
const touched = () => sessionStorage.getItem("touched") === "yes" || now() - new Date(state.startsAt) > FRESH_MS;

function setBig(big) {
  document.documentElement.classList.toggle("big", big);
  $("big").setAttribute("aria-pressed", String(big));
  localStorage.setItem("big", big ? "yes" : "");
}

setBig(localStorage.getItem("big") === "yes");
people.begin(pick);
chat.begin((row) => { behind.showWhy(row); show("behind"); });
behind.begin(pick);
cycle.begin(pick);
wire();
await attempt(load);
await attempt(cycle.load);
listen();
const opens = cycle.opens() || state.opens;
if (opens && matchMedia("(min-width: 760px)").matches) await attempt(() => pick(opens));
else chat.render();
await attempt(behind.draw);
drawClock();
setInterval(drawClock, 500);
document.documentElement.dataset.ready = "yes";
