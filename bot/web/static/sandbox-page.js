// What all parts of the page share: words, elements, times, requests, and the one state everyone reads.

const json = (id) => JSON.parse(document.getElementById(id).textContent);
const token = document.querySelector('meta[name="sandbox-token"]').content;
const words = json("words");

export const setting = json("setting");
export const $ = (id) => document.getElementById(id);
export const english = setting.language === "en";

export const state = {
  people: new Map(), groups: new Map(), faults: {}, clock: null, scenario: "", scenarios: [], world: "", startsAt: "", opens: "",
  current: "", // the chat that is open
  speaker: {}, // in a group: who speaks
  lines: [], // of the open chat
  seen: JSON.parse(sessionStorage.getItem("seen") ?? "{}"),
};

/** The page's words; `name` itself where a value has none. */
export function t(name, fields = {}) {
  const text = words[name] ?? name.slice(name.indexOf(".") + 1);
  return text.replace(/\{(\w+)\}/g, (_, key) => fields[key] ?? "");
}

/** An element: `el("button", {class: "quiet", onclick}, "text", child)`. Text is always text, never markup. */
export function el(name, attributes = {}, ...children) {
  const svg = ["svg", "path", "line", "circle", "text", "defs", "linearGradient", "stop"].includes(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const icon = (path, attributes = {}) => el("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", ...attributes }, el("path", { d: path }));

// numbers and times, always in the office's own zone

const zone = "Asia/Shanghai";
const locale = english ? "en-GB" : "zh-CN";
const format = (options) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
const clockTime = format({ hour: "2-digit", minute: "2-digit", hour12: false });
const fullTime = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const monthDay = format({ month: english ? "short" : "long", day: "numeric" });
const weekDay = format({ weekday: "short" });
const dayKey = new Intl.DateTimeFormat("en-CA", { timeZone: zone });

export const time = (at) => clockTime.format(new Date(at));
export const seconds = (at) => fullTime.format(new Date(at));
export const day = (at) => `${monthDay.format(new Date(at))} ${weekDay.format(new Date(at))}`;
export const shortDay = (at) => monthDay.format(new Date(at));
export const dateOf = (at) => dayKey.format(new Date(at));
export const when = (at) => `${day(at)} ${time(at)}`;
/** Today only the time, else the day with it. */
export const lately = (at) => (dateOf(at) === dateOf(now()) ? time(at) : `${shortDay(at)} ${time(at)}`);
/** A plain date such as 2026-12-04 in words. */
export const onDay = (iso) => day(`${iso}T12:00:00+08:00`);
export const yuan = (fen) => (fen / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const percent = (rate) => (rate * 100).toFixed(1);

// the simulated clock between two words from the server

let heard = 0;
export function setClock(clock) {
  state.clock = clock;
  heard = performance.now();
}
export function now() {
  const { now: at, running, moving } = state.clock;
  const gone = running && !moving ? performance.now() - heard : 0;
  return new Date(new Date(at).getTime() + gone);
}

// requests

export class Refused extends Error {}

async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(`/sandbox/api${path}`, options);
  } catch {
    throw new Refused(t("error.network"));
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(body.error ?? t("error.network"));
  return body;
}
export const get = (path) => request(path);
export function post(path, body) {
  sessionStorage.setItem("touched", "yes");
  return request(path, { method: "POST", headers: { "content-type": "application/json", "x-sandbox-token": token }, body: JSON.stringify(body) });
}

/** Do something for the visitor; what is refused is said in one line. */
export async function attempt(work) {
  try {
    return await work();
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    toast(refused.message, true);
    return null;
  }
}

// small things on the page

export function toast(text, fault = false) {
  const note = el("div", { class: fault ? "toast fault" : "toast" }, text);
  $("toasts").append(note);
  setTimeout(() => note.remove(), fault ? 5200 : 3600);
}

export function ask(text) {
  const dialog = $("ask");
  $("ask-text").textContent = text;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Run `work` soon, once, however often it is asked for; while it runs, one more run is kept in mind. */
export function soon(work, wait) {
  let timer = null;
  let running = false;
  let again = false;
  const run = async () => {
    timer = null;
    if (running) { again = true; return; }
    running = true;
    try { await work(); } finally {
      running = false;
      if (again) { again = false; ask_(); }
    }
  };
  const ask_ = () => { timer ??= setTimeout(run, typeof wait === "function" ? wait() : wait); };
  return ask_;
}

export function show(view) {
  $("columns").dataset.view = view;
  for (const button of $("bar").children) button.toggleAttribute("aria-current", button.dataset.view === view);
  for (const button of $("bar").children) if (button.hasAttribute("aria-current")) button.setAttribute("aria-current", "true");
}

export function nameOf(chat) {
  const group = state.groups.get(chat);
  return group ? group.title : (state.people.get(chat)?.name ?? chat);
}

export function face(chat) {
  const group = state.groups.get(chat);
  const name = nameOf(chat);
  const tint = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 6;
  const letter = /^[A-Za-z]/.test(name) ? name.split(" ").map((part) => part[0]).join("").slice(0, 2) : name.slice(0, 1);
  return { class: `face tint-${tint}${group ? " group" : ""}`, letter };
}
