// The line of the collection rate as a small SVG.

import { el, onDay, percent, t } from "./sandbox-page.js";

const WIDTH = 440;
const HEIGHT = 132;
const LEFT = 34;
const RIGHT = 6;
const TOP = 10;
const BOTTOM = 20;

/** `rates`: {on, rate} day by day; `start`: the last day before the demo began. */
export function curve(rates, start) {
  const values = rates.map((each) => each.rate);
  const low = Math.max(0, Math.floor(Math.min(...values) * 20 - 0.4) / 20);
  const high = Math.min(1, Math.ceil(Math.max(...values) * 20 + 0.4) / 20);
  const x = (n) => LEFT + (n / (rates.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (rate) => TOP + ((high - rate) / Math.max(0.01, high - low)) * (HEIGHT - TOP - BOTTOM);
  const path = rates.map((each, n) => `${n ? "L" : "M"}${x(n).toFixed(1)} ${y(each.rate).toFixed(1)}`).join("");
  const last = rates.length - 1;
  const begun = rates.findIndex((each) => each.on === start);
  return el("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": `${t("board.chart")}: ${percent(values[0])}% – ${percent(values[last])}%` },
    el("defs", {}, el("linearGradient", { id: "warm", x1: 0, y1: 0, x2: 0, y2: 1 },
      el("stop", { offset: 0, "stop-color": "#d98a63", "stop-opacity": 0.32 }), el("stop", { offset: 1, "stop-color": "#d98a63", "stop-opacity": 0.02 }))),
    [low, (low + high) / 2, high].map((rate) => [
      el("line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: y(rate), y2: y(rate) }),
      el("text", { x: LEFT - 6, y: y(rate) + 3.5, "text-anchor": "end" }, `${Math.round(rate * 100)}%`)]),
    begun >= 0 ? el("line", { class: "start", x1: x(begun), x2: x(begun), y1: TOP, y2: HEIGHT - BOTTOM }) : null,
    el("path", { class: "under", d: `${path}L${x(last)} ${HEIGHT - BOTTOM}L${LEFT} ${HEIGHT - BOTTOM}Z` }),
    el("path", { class: "curve", d: path }),
    el("circle", { class: "here", cx: x(last), cy: y(values[last]), r: 4.5 }),
    el("text", { x: LEFT, y: HEIGHT - 4 }, onDay(rates[0].on)),
    el("text", { x: WIDTH - RIGHT, y: HEIGHT - 4, "text-anchor": "end" }, onDay(rates[last].on)));
}
