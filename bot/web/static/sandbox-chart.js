// The line of the collection rate as a small SVG.

import { el, onDay, percent, t } from "./sandbox-page.js";

const WIDTH = 440;
const HEIGHT = 140;
const LEFT = 36;
const RIGHT = 8;
const TOP = 12;
const BOTTOM = 22;
const STEP = 0.05; // the scale's steps
const APART = 130; // so that the dates at both ends don't touch

/** `rates`: {on, rate} day by day; `days`: how many the line has room for; `before`: how many lie before the demo began. */
export function curve(rates, days, before) {
  const values = rates.map((each) => each.rate);
  const low = Math.max(0, (Math.floor(Math.min(...values) / STEP) - 0.5) * STEP);
  const high = Math.min(1, (Math.ceil(Math.max(...values) / STEP) + 1) * STEP);
  const x = (n) => LEFT + (n / (days - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (rate) => TOP + ((high - rate) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const path = rates.map((each, n) => `${n ? "L" : "M"}${x(n).toFixed(1)} ${y(each.rate).toFixed(1)}`).join("");
  const last = rates.length - 1;
  const base = HEIGHT - BOTTOM;
  const step = high - low > 0.3 ? 2 * STEP : STEP;
  const marks = Array.from({ length: 20 }, (_, n) => n * step).filter((rate) => rate >= low && rate <= high);
  return el("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-label": `${t("board.chart")}: ${percent(values[0])}% – ${percent(values[last])}%` },
    el("defs", {}, el("linearGradient", { id: "warm", x1: 0, y1: 0, x2: 0, y2: 1 },
      el("stop", { offset: 0, "stop-color": "#d98a63", "stop-opacity": 0.34 }), el("stop", { offset: 1, "stop-color": "#d98a63", "stop-opacity": 0.03 }))),
    marks.map((rate) => [
      el("line", { class: "rule", x1: LEFT, x2: WIDTH - RIGHT, y1: y(rate), y2: y(rate) }),
      el("text", { x: LEFT - 7, y: y(rate) + 3.5, "text-anchor": "end" }, `${Math.round(rate * 100)}%`)]),
    el("line", { class: "start", x1: x(before - 1), x2: x(before - 1), y1: TOP, y2: base }),
    el("path", { class: "under", d: `${path}L${x(last)} ${base}L${LEFT} ${base}Z` }),
    el("path", { class: "curve", d: path }),
    el("circle", { class: "here", cx: x(last), cy: y(values[last]), r: 5 }),
    el("text", { x: LEFT, y: HEIGHT - 5 }, onDay(rates[0].on)),
    x(last) - LEFT > APART ? el("text", { x: Math.min(x(last), WIDTH - RIGHT - 30), y: HEIGHT - 5, "text-anchor": last === days - 1 ? "end" : "middle" }, onDay(rates[last].on)) : null);
}
