// The third column: what lies behind the chats. Board, everything sent and why, a household's facts, jobs, workshop.

import { $, ask, attempt, dateOf, day, el, get, lately, nameOf, now, onDay, percent, post, setting, show, soon, state, t, time, when, yuan } from "./sandbox-page.js";
import { curve } from "./sandbox-chart.js";

const STATE_TINT = { sent: "green", queued: "plain", sending: "plain", retry: "plain", held: "blue", cancelled: "plain", dead: "red", unknown: "", planned: "blue", waiting_for_staff: "" };
const panels = { board, outbox, household, jobs, workshop };
const filters = { household: "", stage: "", state: "", kind: "", group: "" };
let current = "board";
let openRow = 0;
let onPick = () => {};
let drawn = 0;

export const tab = () => current;

export function begin(pick) {
  onPick = pick;
  $("tabs").addEventListener("click", (event) => {
    const name = event.target.closest("button")?.dataset.tab;
    if (name) select(name);
  });
  $("tabs").addEventListener("keydown", (event) => {
    const all = [...$("tabs").children];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    select(next.dataset.tab);
    next.focus();
  });
}

export function select(name) {
  current = name;
  for (const each of $("tabs").children) {
    each.setAttribute("aria-selected", String(each.dataset.tab === name));
    each.tabIndex = each.dataset.tab === name ? 0 : -1;
  }
  $("panel").setAttribute("aria-labelledby", `tab-${name}`);
  $("panel").scrollTop = 0;
  $(`tab-${name}`).scrollIntoView({ block: "nearest", inline: "nearest" });
  return attempt(draw);
}

export async function draw() {
  const mine = ++drawn;
  const children = await panels[current]();
  if (mine !== drawn) return; // something newer was asked for meanwhile
  const focus = document.activeElement?.closest?.("#panel [data-focus]")?.dataset.focus;
  const caret = document.activeElement?.selectionStart;
  $("panel").replaceChildren(...children.flat().filter(Boolean));
  if (focus) {
    const again = $("panel").querySelector(`[data-focus="${focus}"]`);
    again?.focus({ preventScroll: true });
    if (caret !== undefined && caret !== null && again?.setSelectionRange && again.type === "search") again.setSelectionRange(caret, caret);
  }
}

export async function showWhy(row) {
  openRow = row;
  Object.assign(filters, { household: "", stage: "", state: "", kind: "", group: "", chat: state.current });
  await select("outbox");
  $("panel").querySelector("li.open")?.scrollIntoView({ block: "start" });
}

// the board

async function board() {
  const figures = await get("/board");
  const tile = (name, value, alert = false) => el("div", { class: alert ? "tile alert" : "tile" }, el("small", {}, t(`board.${name}`)), el("b", {}, String(value)));
  const whole = (fen) => Math.round(fen / 100).toLocaleString("en-US");
  const fallen = figures.rates.filter((each, n) => n && each.came_due_fen && each.rate < figures.rates[n - 1].rate); // and why
  const waits = Object.entries(figures.waits).sort((a, b) => b[1] - a[1]);
  const most = Math.max(1, ...waits.map(([, number]) => number));
  return [
    el("div", {},
      el("div", { class: "rate" }, el("b", { id: "rate" }, percent(figures.rate), el("small", {}, "%")),
        el("span", {}, `${t("board.rate")} · ${t("board.since", { rate: `${percent(figures.rate_at_start)}%` })}`)),
      curve(figures.rates, figures.days, figures.days_before),
      el("div", { id: "rate-means" }, [t("board.rate_means"), ...fallen.map((each) => t("board.came_due", { day: onDay(each.on), amount: whole(each.came_due_fen) }))].map((said) => el("p", { class: "none" }, said)))),
    figures.renewals.length ? renewals(figures.renewals) : null,
    el("div", { class: "tiles" }, tile("due", whole(figures.due_fen)), tile("received", whole(figures.received_fen)), tile("open", whole(figures.open_fen))),
    el("div", { class: "tiles" },
      tile("sent_today", figures.sent_today), tile("paid_today", figures.paid_today.number), tile("promises", figures.promises_today),
      tile("people_waiting", figures.people_waiting, figures.people_waiting > 0), tile("unknown", figures.unknown, figures.unknown > 0), tile("failed_today", figures.failed_today, figures.failed_today > 0)),
    el("div", {}, el("h3", {}, t("board.why_not")),
      waits.length
        ? el("div", { class: "bars" }, waits.map(([reason, number]) => {
            const bar = el("i");
            bar.style.width = `${(number / most) * 100}%`;
            return el("div", {}, el("span", {}, t(`reason.${reason}`)), bar, el("b", {}, String(number)));
          }))
        : el("p", { class: "none" }, t("board.nobody"))),
    figures.next_run ? el("p", { class: "none" }, t("board.next_run", { when: when(figures.next_run) })) : null,
  ];
}

/** Class by class: who renewed, has paid, still thinks, said no, has not answered; tiers, and why not. */
function renewals(classes) {
  const counts = (found, word = (name) => name) => Object.entries(found).map(([name, number]) => `${word(name)} ${number}`).join(" · ");
  const tiers = ["A", "B", "C", "D"].map((name) => t(`tier.${name}`)).join(" · ");
  const sum = (name) => el("th", { class: "sum" }, t(`renewals.${name}`));
  return el("div", { id: "renewals" }, el("h3", {}, t("renewals.title")),
    el("div", { class: "scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", {}, t("renewals.class")), ["yes", "paid", "considering", "no", "open"].map(sum))),
      el("tbody", {}, classes.map((each) => el("tr", {},
        el("td", {}, each.class, el("small", { class: "none" }, counts(each.tiers))),
        [each.answers.yes, each.paid, each.answers.considering, each.answers.no, (each.answers.open ?? 0) + (each.answers.expired ?? 0)].map((number) => el("td", { class: "sum" }, String(number ?? 0)))))))),
    el("p", { class: "none" }, tiers),
    classes.filter((each) => Object.keys(each.reasons).length).map((each) => el("p", { class: "none" }, `${each.class}${t("unit.colon")}${counts(each.reasons, (name) => t(`because.${name}`))}`)));
}

/** A pupil's family: its tier, and where its renewal stands. */
function offer(facts) {
  const { offer: found } = facts;
  const tags = [t(`offer.${found.state}`), found.seen && t("offer.seen"), found.reason && t(`because.${found.reason}`)].filter(Boolean);
  const until = found.next_on ? t("offer.next", { day: onDay(found.next_on) }) : t("offer.closes", { day: onDay(found.closes_on) });
  return el("div", {}, el("h3", {}, t("renewals.title")),
    el("ul", { class: "facts-list" }, el("li", {}, el("span", {}, `${found.class} · ${yuan(found.fen)} · ${until}`), tags.map((tag) => el("span", { class: "tag blue" }, tag)))),
    facts.tier ? el("p", { class: "none" }, t("offer.tier", { tier: t(`tier.${facts.tier}`) })) : null);
}

// everything sent

async function outbox() {
  const wanted = new URLSearchParams(Object.entries(filters).filter(([, value]) => value));
  const { rows, choices } = await get(`/outbox?${wanted}`);
  const redraw = soon(() => attempt(draw), 180);
  const choose = (name) => el("select", { "data-focus": `f-${name}`, "aria-label": t(`outbox.${name}`), onchange: (event) => { filters[name] = event.target.value; redraw(); } },
    el("option", { value: "" }, t("outbox.all", { name: t(`outbox.${name}`) })),
    choices[name].map((value) => el("option", { value, selected: value === filters[name] }, t(`${name}.${value}`))));
  const search = el("input", { type: "search", "data-focus": "f-search", placeholder: t("outbox.search"), "aria-label": t("outbox.search"),
    value: filters.chat ? nameOf(filters.chat) : filters.household, oninput: (event) => { filters.household = event.target.value.trim(); filters.chat = ""; redraw(); } });
  const groups = el("label", {}, el("input", { type: "checkbox", "data-focus": "f-group", checked: Boolean(filters.group), onchange: (event) => { filters.group = event.target.checked ? "1" : ""; redraw(); } }), t("outbox.groups"));
  const opened = openRow ? await get(`/outbox/${openRow}`).catch(() => null) : null;
  return [
    el("div", { class: "filters" }, search, groups, choose("kind"), choose("stage"), choose("state")),
    rows.length
      ? el("ul", { class: "sent" }, rows.map((row) => sentRow(row, row.id === openRow ? opened : null)))
      : el("p", { class: "none" }, t("outbox.empty")),
  ];
}

function sentRow(row, opened) {
  const toggle = () => { openRow = openRow === row.id ? 0 : row.id; attempt(draw); };
  return el("li", { class: opened ? "open" : null },
    el("button", { "data-focus": `row-${row.id}`, "aria-expanded": String(Boolean(opened)), onclick: toggle },
      el("time", {}, lately(row.at)), el("span", { class: "to" }, row.to),
      el("span", { class: "tags" },
        el("span", { class: "tag plain" }, row.stage ? t(`stage.${row.stage}`) : t(`kind.${row.kind}`)),
        el("span", { class: `tag ${STATE_TINT[row.state] ?? ""}` }, t(`state.${row.state}`))),
      opened ? null : el("span", { class: "say" }, row.text.replaceAll("\n", " "))),
    opened ? whyCard(opened) : null);
}

function whyCard(row) {
  const pair = (name, value) => (value ? [el("dt", {}, t(`why.${name}`)), el("dd", {}, value)] : []);
  const code = (text) => (text ? el("code", {}, text) : null);
  const { answer, reason, until } = row.gate;
  const gate = answer === "send" ? t("why.send") : answer === "hold" ? t("why.hold", { reason: t(`reason.${reason}`), until: when(until) }) : t("why.cancel_answer", { reason: t(`reason.${reason}`) });
  const obeys = Object.entries(row.obeys).filter(([, value]) => !["any", "free", "False", "ignores"].includes(value)).map(([name]) => t(`gate.${name}`));
  return el("div", { class: "why" },
    el("div", { class: "full" }, row.text),
    el("dl", { class: "pairs" },
      pair("stage", row.stage && t(`stage.${row.stage}`)),
      pair("rule", row.rule && t("why.rule_text", { days: row.rule.days_after_due, action: t(`action.${row.rule.action}`) })),
      pair("decided", row.reminders.map((each) => onDay(each.decided_on)).join(t("unit.list"))),
      pair("answers", row.answers && `“${row.answers.text}”`),
      pair("understood", row.answers && code(row.answers.intent)),
      pair("handler", row.answers && code(row.answers.handler)),
      pair("gate", gate),
      pair("reason", row.reason && t(`reason.${row.reason}`)),
      pair("covers", row.covers.map((each) => `${each.item} ${each.period} · ${yuan(each.open_fen)}`).join(t("unit.list"))),
      pair("obeys", obeys.join(" · ")),
      pair("policy", row.stage && code(row.policy)),
      pair("template", code(row.template)),
      pair("key", code(row.key)),
      pair("attempts", row.attempt > 1 && t("why.attempts", { n: row.attempt })),
      pair("error", row.error)),
    row.chat ? el("p", { class: "row" }, el("button", { class: "quiet", onclick: () => onPick(row.chat) }, `${t("page.chat")} · ${row.to}`)) : null);
}

// one household

async function household() {
  const person = state.people.get(state.current);
  if (!person?.account) return [el("div", { class: "blank" }, el("h3", {}, t("facts.none_title")), el("p", {}, t("facts.none")))];
  const facts = await get(`/households/${encodeURIComponent(person.account)}`);
  const owed = facts.bills.reduce((sum, bill) => sum + bill.open_fen, 0);
  const list = (name, items) => (items.length ? el("div", {}, el("h3", {}, t(`facts.${name}`)), el("ul", { class: "facts-list" }, items)) : null);
  const item = (text, tag, tint) => el("li", {}, el("span", {}, text), tag ? el("span", { class: `tag ${tint ?? "plain"}` }, tag) : null);
  const { decision, stage, reason } = facts.today;
  const told = facts.reminders.find((each) => each.on === dateOf(now()) && each.decision === "remind");
  const today = told ? t("facts.told", { stage: t(`stage.${told.stage}`) }) : decision === "wait" ? t("facts.wait", { reason: t(`reason.${reason}`) }) : t(`facts.${decision}`, { stage: t(`stage.${stage}`) });
  return [
    el("div", { class: "head" }, el("div", {}, el("h2", {}, `${facts.place} ${facts.name}`), el("p", {}, [facts.code, facts.area_m2 && `${facts.area_m2} m²`, ...facts.traits.map((trait) => t(`trait.${trait}`))].filter(Boolean).join(" · ")))),
    el("div", { class: `today ${told || decision === "remind" ? "remind" : reason === "paid" ? "paid" : ""}` }, el("small", {}, `${t("facts.today")} · ${day(now())}`), today),
    el("div", { class: "row" },
      owed > 0
        ? el("button", { class: "primary", "data-focus": "pay", onclick: () => attempt(async () => { await post("/pay", { account: facts.code }); await draw(); }) }, t("facts.pay", { amount: yuan(owed) }))
        : el("span", { class: "tag green" }, t("facts.nothing")),
      facts.credit_fen > 0 ? el("span", { class: "tag blue" }, t("facts.credit", { amount: yuan(facts.credit_fen) })) : null,
      el("a", { href: `/sandbox/api/households/${encodeURIComponent(facts.code)}/export`, download: `${facts.code}.json`, "data-focus": "export" }, t("facts.export"))),
    facts.offer ? offer(facts) : null,
    el("div", { class: "scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", {}, t("facts.item")), el("th", {}, t("facts.due")), el("th", { class: "sum" }, t("facts.amount")), el("th", { class: "sum" }, t("facts.open")))),
      el("tbody", {}, facts.bills.map((bill) => el("tr", {},
        el("td", {}, `${bill.period} ${bill.item} `, bill.held.map((each) => el("span", { class: "tag blue" }, t(`reason.${each}`)))),
        el("td", {}, onDay(bill.due_on)), el("td", { class: "sum" }, yuan(bill.billed_fen)),
        el("td", { class: "sum" }, bill.open_fen > 0 ? yuan(bill.open_fen) : el("span", { class: "tag green" }, t("facts.paid")))))))),
    list("promise", facts.promise ? [item(t("facts.promise_text", { due: onDay(facts.promise.due_on), amount: yuan(facts.promise.fen), state: t(`state.${facts.promise.state}`) }))] : []),
    list("plan", facts.plan ? [item("", t(`state.${facts.plan.state}`), "blue"), ...facts.plan.parts.map((part) => item(t("facts.plan_text", { number: part.number, due: onDay(part.due_on), amount: yuan(part.fen) })))] : []),
    list("holds", facts.holds.map((hold) => item(t("facts.hold_text", { reason: t(`reason.${hold.reason}`), until: onDay(hold.until_on) })))),
    list("cases", facts.cases.map((each) => item(each.text || t(`case.${each.kind}`), `${t(`case.${each.kind}`)} · ${t(`state.${each.state}`)}`, "blue"))),
    list("tasks", facts.tasks.map((task) => item(task.summary.split("\n")[0], `${t(`task.${task.kind}`)} · ${t(`state.${task.state}`)}`))),
    list("reminders", facts.reminders.map((each) => item(`${onDay(each.on)} · ${t(`stage.${each.stage}`)}`, each.state ? t(`state.${each.state}`) : t(`facts.staff`, { stage: t(`stage.${each.stage}`) }), STATE_TINT[each.state]))),
    list("waits", facts.waits.map((wait) => item(wait.since_on === wait.last_on ? onDay(wait.since_on) : `${onDay(wait.since_on)} – ${onDay(wait.last_on)}`, t(`reason.${wait.reason}`)))),
    el("details", {}, el("summary", {}, t("facts.ledger")), el("table", {}, el("tbody", {}, facts.ledger.map((entry) => el("tr", {}, el("td", {}, onDay(entry.on)), el("td", {}, t(`entry.${entry.kind}`)), el("td", { class: "sum" }, yuan(entry.fen))))))),
  ];
}

// jobs and workshop

async function jobs() {
  const rows = await get("/jobs");
  return [el("div", { class: "scroll jobs" }, el("table", {},
    el("thead", {}, el("tr", {}, ["name", "last", "next", "result"].map((name) => el("th", {}, t(`jobs.${name}`))))),
    el("tbody", {}, rows.map((job) => el("tr", {},
      el("td", {}, t(`job.${job.name}`), el("br"), el("code", {}, job.cron)), el("td", {}, job.last ? lately(job.last) : t("jobs.never")), el("td", {}, job.next ? lately(job.next) : ""),
      el("td", {}, job.error ? el("span", { class: "tag red" }, job.error) : outcome(job.summary)))))))];
}

/** A job's result in words: `{"kept": 1}` → `kept 1`; what is 0 is left out. */
function outcome(summary) {
  let result = summary;
  try { result = JSON.parse(summary || '""'); } catch { return summary; }
  if (typeof result !== "object" || result === null) return String(result);
  const found = Object.entries(result).filter(([, number]) => number);
  return found.length ? found.map(([name, number]) => `${name} ${number}`).join(" · ") : "—";
}

async function workshop() {
  const options = (chat) => el("div", { class: "options" }, ["", ...setting.faults].map((kind) => el("button", {
    "aria-pressed": String((state.faults[chat] ?? "") === kind), "data-focus": `fault-${chat}-${kind}`,
    onclick: () => attempt(async () => { await post("/faults", { chat, kind }); state.faults = (await get("/state")).faults; await draw(); }),
  }, kind ? t(`fault.${kind}`) : t("workshop.none"))));
  const begin_ = async (name) => { if (await ask(t("workshop.sure"))) await attempt(() => post("/scenario", { name })); };
  return [
    el("div", {}, el("h3", {}, t("workshop.faults")), el("p", { class: "none" }, t("workshop.faults_text"))),
    el("div", {}, el("h3", {}, state.current ? t("workshop.person", { name: nameOf(state.current) }) : t("workshop.no_person")), state.current ? options(state.current) : null),
    el("div", {}, el("h3", {}, t("workshop.everyone")), options("*")),
    el("div", {}, el("h3", {}, t("workshop.scenarios")), el("p", { class: "none" }, t("workshop.scenarios_text"))),
    el("div", { class: "cards" }, state.scenarios.map((name) => el("div", { class: name === state.scenario ? "card on" : "card" },
      el("div", {}, t(`scenario.${name}`), el("p", {}, t(`scenario.${name}_text`))),
      name === state.scenario ? el("span", { class: "tag accent" }, t("workshop.playing")) : el("button", { class: "quiet", "data-focus": `play-${name}`, onclick: () => begin_(name) }, t("workshop.begin"))))),
    el("div", { class: "card" }, el("div", {}, t("workshop.reset"), el("p", {}, t("workshop.reset_text"))), el("button", { class: "quiet", "data-focus": "reset", onclick: () => begin_(state.scenario) }, t("workshop.reset"))),
  ];
}
