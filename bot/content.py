"""Reads content/: the words and policies the office edits. Every fault names its file and the cure."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from bot.settings import ROOT, ConfigError, Settings
from domain.calendar import Calendar
from domain.calendar_file import read_calendar
from domain.calls import Calling
from domain.clock import Clock, SystemClock
from domain.desk import Desk
from domain.learning import Trial
from domain.library import Case, Library, LibraryError, Script, read_cases, read_scripts
from domain.limits import Act, Limits
from domain.links import Links
from domain.lint import Finding, hold_words_to_their_examples, lint
from domain.messages import Audience
from domain.notice import Letterhead
from domain.office import Office
from domain.openers import Opener, OpenerError, read_openers
from domain.personal import FIELDS
from domain.policy import WRITING, Action, OfferStage, Policy, PolicyError, Stage, stricter
from domain.policy_file import read_policy, starts_on
from domain.practice import PracticeError, Scenario, read_scenarios
from domain.rendering import REMINDER_FIELDS, lacking, offer_lacking
from domain.rewards import Rewards, RewardsError, read_rewards
from domain.roles import Role
from domain.toml_lines import lines_of
from domain.visits import Visiting
from domain.wording import LANGUAGES, Wording, WordingError, fields_of, flatten
from understanding.tone import Tone

CONTENT = ROOT / "content"
DIGESTS = "messages.sha256"
FOR_GROUPS = (
    "announcement.",
    "honour.post",
    "broadcast.group",
    "group.hello",
    "group.answered",
    "group.open",
    "help.group",
)


def load_wording(content: Path = CONTENT) -> Wording:
    """All templates of content/messages*.zh.toml and messages*.en.toml. Raises ConfigError on a fault."""
    templates: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    looked_at = _looked_at(content)
    if not looked_at:
        _hold_words_to_their_examples()
    for language in LANGUAGES:
        for path in sorted(content.glob(f"messages*.{language}.toml")):
            try:
                raw = path.read_bytes()
                words = _words(raw)
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, WordingError) as wrong:
                raise ConfigError(f"{path}: {wrong}") from None
            twice = templates[language].keys() & words.keys()
            if twice:
                raise ConfigError(f"{path}: {sorted(twice)[0]} stands in another messages file too: keep one")
            templates[language] |= words
            if digest(raw) not in looked_at:
                check_kind(path, words)
    wording = Wording(templates, load_fees(content))
    if faults := wording.faults():
        raise ConfigError(faults[0])
    return wording


@cache
def _words(raw: bytes) -> Mapping[str, str]:
    """The words of a file; the same bytes are read once in a process, however often an office is."""
    return flatten(tomllib.loads(raw.decode("utf-8")))


def load_fees(content: Path = CONTENT) -> dict[str, dict[str, str]]:
    """How well-known fees are called in other languages, from content/fees.toml. Raises ConfigError."""
    path = content / "fees.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise ConfigError(f"{path}: {wrong}") from None
    for language, names in found.items():
        if language not in LANGUAGES or not isinstance(names, dict):
            raise ConfigError(f"{path}: {language}: write a table for one of {', '.join(LANGUAGES)}")
        if wrong_names := [item for item, name in names.items() if not isinstance(name, str) or not name.strip()]:
            raise ConfigError(f'{path}: {language}.{wrong_names[0]}: write a name, as in "Property fee"')
    return found


@dataclass(frozen=True)
class Policies:
    """What is in force now, and the versions that have a first day, in the order of it."""

    first: Mapping[str, Policy]
    to_come: Mapping[str, tuple[Policy, ...]]


def load_policies(settings: Settings, wording: Wording | None = None) -> Policies:
    """The two policies with the office's own limits. Raises PolicyError or ConfigError."""
    first: dict[str, Policy] = {}
    to_come: dict[str, tuple[Policy, ...]] = {}
    for kind in ("property", "training"):
        path = Path(getattr(settings.policy, kind))
        path = path if path.is_absolute() or path.exists() else ROOT / path
        first[kind] = _policy(path, kind, settings, wording)
        later = [
            replace(_policy(each, kind, settings, wording), starts_on=starts_on(each.name))
            for each in sorted(path.parent.glob(f"policy.{kind}.*.toml"))
            if each != path
        ]
        if later:
            to_come[kind] = tuple(sorted(later, key=lambda policy: policy.starts_on or date.min))
    return Policies(first, to_come)


def _policy(path: Path, kind: str, settings: Settings, wording: Wording | None) -> Policy:
    own = settings.policy
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as wrong:
        raise ConfigError(f"policy.{kind}: {path}: {wrong.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"policy.{kind}: {path}: this is not UTF-8: save it as UTF-8") from None
    policy = stricter(
        read_policy(text, str(path)),
        quiet_from=own.quiet_from,
        quiet_until=own.quiet_until,
        per_day=own.per_day,
        per_week=own.per_week,
        per_month=own.per_month,
    )
    if wording is not None:
        lines = lines_of(text)
        for number, stage in enumerate(policy.stages, start=1):
            _check_words(wording, stage, f"{path}:{lines.get(('stage', number, 'template'), 1)}")
        for number, offer in enumerate(policy.offer_stages, start=1):
            _check_words(wording, offer, f"{path}:{lines.get(('offer_stage', number, 'template'), 1)}")
        for number, personal in enumerate(policy.personal, start=1):
            for key in ("coming", "late"):
                _check_personal(wording, getattr(personal, key), f"{path}:{lines.get(('personal', number, key), 1)}")
    return policy


def _check_words(wording: Wording, stage: Stage | OfferStage, place: str) -> None:
    """A stage's template must exist in every language, for everyone whom its conditions let in."""
    if not stage.template:
        return
    for language in LANGUAGES:
        if stage.template not in wording.templates[language]:
            raise PolicyError(
                f"{place}: stage {stage.name}: template {stage.template!r} is missing in"
                f" content/messages.*.{language}.toml: write it"
            )
    if isinstance(stage, Stage) and stage.action in WRITING:
        _check_reminder(wording, stage.template)
    if isinstance(stage, OfferStage) and stage.action in WRITING:
        _check_offer(wording, stage.template)
    if stage.action is Action.ANNOUNCE and not stage.template.startswith("announcement."):
        raise PolicyError(f"{place}: stage {stage.name}: a group post takes a template of [announcement]")


def _check_personal(wording: Wording, template: str, place: str) -> None:
    """A trait's own words are a whole reminder in every language."""
    for language in LANGUAGES if template else ():
        if template not in wording.templates[language]:
            raise PolicyError(
                f"{place}: personal: template {template!r} is missing in content/messages.*.{language}.toml: write it"
            )
    if template:
        _check_reminder(wording, template)


def load_openers(content: Path = CONTENT) -> tuple[Opener, ...]:
    """How calls may begin, from content/openers.toml; each as kind as any other text. Raises ConfigError."""
    path = content / "openers.toml"
    try:
        raw = path.read_bytes()
        openers = read_openers(raw.decode("utf-8"), str(path))
    except (OSError, UnicodeDecodeError, OpenerError) as wrong:
        raise ConfigError(str(wrong)) from None
    for opener in openers if digest(raw) not in _looked_at(content) else ():
        for text in opener.words.values():
            if found := _findings(text, Audience.STAFF):
                raise ConfigError(f"{path}: {opener.name}: {found[0].rule}: {found[0].text!r}: choose kinder words")
    return openers


def _check_reminder(wording: Wording, template: str) -> None:
    """A reminder says who writes, what, how much, how to pay, to ask, to stop, and to ignore it when paid."""
    for language in LANGUAGES:
        text = wording.templates[language][template]
        if fault := lacking(template, text, fields_of(text), language):
            raise ConfigError(f"content/messages.*.{language}.toml: {fault}")
        if strange := sorted(fields_of(text) - REMINDER_FIELDS - FIELDS):
            raise ConfigError(
                f"content/messages.*.{language}.toml: {template}: no reminder knows the field {{{strange[0]}}}: remove it"
            )


def _check_offer(wording: Wording, template: str) -> None:
    """An offer says who writes, what, when, how much, until when, how to ask and to stop, and that money comes back."""
    for language in LANGUAGES:
        text = wording.templates[language][template]
        if fault := offer_lacking(template, text, fields_of(text), language):
            raise ConfigError(f"content/messages.*.{language}.toml: {fault}")


def _looked_at(content: Path) -> frozenset[str]:
    """The digests of the shipped files whose every word was looked at when it was written (`make words`): only what the
    office has changed since is looked at again, which saves seconds at each start. None where the words of the check itself
    were changed: what they forbid now, a shipped text may say.
    """
    path = content / DIGESTS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    known = frozenset(line.partition(" ")[0] for line in lines)
    own = all(digest(each.read_bytes()) in known for each in content.glob("lint.*.toml"))
    return known if own else frozenset()


@cache
def _hold_words_to_their_examples() -> None:
    """Once in a process. Raises ConfigError."""
    try:
        hold_words_to_their_examples()
    except PolicyError as wrong:
        raise ConfigError(str(wrong)) from None


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def check_kind(path: Path, words: Mapping[str, str]) -> None:
    """No shipped or edited text may carry a threat, a false deadline or shame, in any language. Raises ConfigError."""
    for name, text in words.items():
        if found := _findings(text, Audience.GROUP if name.startswith(FOR_GROUPS) else Audience.STAFF):
            raise ConfigError(f"{path}: {name}: {found[0].rule}: {found[0].text!r}: choose kinder words")


@cache
def _findings(text: str, audience: Audience) -> tuple[Finding, ...]:
    """The same words are looked at once in a process, however often an office is read."""
    return lint(text, audience)


@cache
def tone() -> Tone:
    """The second look at what staff write; its weights are read once in a process."""
    return Tone.load(CONTENT)


def load_rewards(settings: Settings) -> Rewards:
    """The rules of discounts, points and late fees. Raises ConfigError: one of them is looser than the law."""
    path = Path(settings.policy.rewards)
    path = path if path.is_absolute() or path.exists() else ROOT / path
    try:
        return read_rewards(path.read_text(encoding="utf-8"), str(path))
    except OSError as wrong:
        raise ConfigError(f"policy.rewards: {path}: {wrong.strerror}") from None
    except (RewardsError, UnicodeDecodeError) as wrong:
        raise ConfigError(str(wrong)) from None


def load_calendar(settings: Settings) -> Calendar:
    """The office's days over the law's. Raises PolicyError or ConfigError."""
    path = Path(settings.policy.calendar)
    path = path if path.is_absolute() or path.exists() else ROOT / path
    try:
        return read_calendar(path.read_text(encoding="utf-8"), str(path))
    except OSError as wrong:
        raise ConfigError(f"policy.calendar: {path}: {wrong.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"policy.calendar: {path}: this is not UTF-8: save it as UTF-8") from None


def desk_of(settings: Settings) -> Desk:
    own = settings.staff
    within = timedelta(minutes=own.answer_within_minutes)
    return Desk(own.opens_at, own.closes_at, own.weekends, own.digest_at, within)


def calling_of(settings: Settings) -> Calling:
    own = settings.staff
    return Calling(own.calls_from, own.calls_until, own.calls_per_day, own.calls_per_week, own.calls_unanswered)


def limits_of(settings: Settings) -> Limits:
    """What the office has set, in fen."""
    own: dict[Role, dict[Act, int]] = {}
    for role in (Role.TEACHER, Role.COLLECTOR, Role.MANAGER):
        given = getattr(settings.limits, role)
        sums = {act: getattr(given, f"{act}_yuan") for act in Act}
        own[role] = {act: yuan * 100 for act, yuan in sums.items() if yuan is not None}
    return Limits(own)


@cache
def load_library(content: Path = CONTENT) -> Library:
    """Scripts and solved cases. Raises ConfigError on a fault, or where a text that residents get is unkind."""
    scripts: dict[str, Script] = {}
    cases: dict[str, Case] = {}
    looked_at = _looked_at(content)
    try:
        for path in sorted(content.glob("scripts*.toml")):
            scripts |= read_scripts(path.read_text(encoding="utf-8"), str(path))
        for path in sorted(content.glob("cases*.toml")):
            raw = path.read_bytes()
            more = read_cases(raw.decode("utf-8"), str(path))
            if twice := cases.keys() & more.keys():
                raise LibraryError(f"{path}: {sorted(twice)[0]} stands in another file too: keep one")
            cases |= more
            if digest(raw) not in looked_at:
                _check_cases(path, more)
    except (LibraryError, UnicodeDecodeError) as wrong:
        raise ConfigError(str(wrong)) from None
    return Library(scripts, cases)


def _check_cases(path: Path, cases: Mapping[str, Case]) -> None:
    for case in cases.values():
        for text in case.say.values():
            if found := lint(text, Audience.PRIVATE):
                raise ConfigError(f"{path}: {case.name}: {found[0].rule}: {found[0].text!r}: choose kinder words")


def _trial(settings: Settings, wording: Wording) -> Trial:
    """The two wordings that are compared. Raises ConfigError: one is missing, or is no whole reminder."""
    own = settings.trial
    if not own.template and not own.other:
        return Trial()
    for key, name in (("template", own.template), ("other", own.other)):
        if not name.startswith("reminder.") or not wording.has(name):
            raise ConfigError(f"trial.{key} = {name!r}: name a reminder of content/messages.*.toml in both languages")
        try:
            _check_reminder(wording, name)
        except PolicyError as lacks:
            raise ConfigError(f"trial.{key}: {lacks}") from None
    return Trial(own.template, own.other)


@cache
def load_scenarios(content: Path = CONTENT) -> dict[str, Scenario]:
    """The scripted residents of practice. Raises ConfigError on a fault, or where a scenario names no case of the library."""
    path = content / "practice.toml"
    try:
        scenarios = read_scenarios(path.read_text(encoding="utf-8"), str(path)) if path.exists() else {}
    except (PracticeError, UnicodeDecodeError) as wrong:
        raise ConfigError(str(wrong)) from None
    for scenario in scenarios.values():
        if scenario.case not in load_library(content).cases:
            raise ConfigError(f"{path}: {scenario.name}: case {scenario.case!r} stands in no cases*.toml: correct it")
    return scenarios


def load_office(
    settings: Settings,
    channels: tuple[str, ...],
    bot_names: dict[str, str] | None = None,
    clock: Clock | None = None,
) -> Office:
    """The office of a configuration, with its words and policies."""
    wording = load_wording().of_kind(settings.organisation.kind)
    policies = load_policies(settings, wording)
    return Office(
        name=settings.organisation.name,
        hotline=settings.organisation.hotline,
        kind=settings.organisation.kind,
        zone=settings.organisation.zone,
        wording=wording,
        policies=policies.first,
        policies_to_come=policies.to_come,
        channels=channels,
        approve_first_run=settings.policy.approve_first_run,
        bot_names={} if bot_names is None else bot_names,
        notices={"wechat": settings.wechat.notices} if "wechat" in channels and settings.wechat.notices else {},
        language=settings.organisation.language,
        desk=desk_of(settings),
        calling=calling_of(settings),
        visiting=Visiting(settings.staff.visit_hours, per_month=settings.staff.visits_per_month),
        limits=limits_of(settings),
        library=load_library(),
        rewards=load_rewards(settings),
        scenarios=load_scenarios(),
        openers=load_openers(),
        links=Links(settings.web.public_url, settings.web.link_keys),
        lint=tone().lint,
        clock=clock or SystemClock(),
        letterhead=Letterhead(**settings.letters.model_dump()),
        trial=_trial(settings, wording),
    ).keeping(load_calendar(settings))
