"""What a sentence was understood to mean: the values that the conversations work with."""

import datetime as dt
from dataclasses import dataclass

INTENTS = (
    "ask_amount",
    "ask_due",
    "ask_calculation",
    "ask_late_fee",
    "how_to_pay",
    "request_instalment",
    "request_postpone",
    "promise_to_pay",
    "claim_paid",
    "dispute_bill",
    "complain_refuse",
    "request_invoice",
    "ask_discount",
    "ask_purpose",
    "opt_out",
    "talk_human",
    "vacant_moved",
    "auto_debit",
    "renew_yes",
    "renew_no",
    "renew_consider",
    "ask_identity",
    "greet_thanks",
    "out_of_scope",
)
OUT_OF_SCOPE = "out_of_scope"

# Sub-reasons of out_of_scope that a route can answer by.
REASONS = ("other_bill", "third_party", "repair", "refund", "injection", "chit_chat", "noise", "other")

# Words that call for a gentle answer and a person.
TONES = ("anger", "hardship", "illness", "bereavement", "legal")

SURE_CONFIDENCE = 0.55  # at or above: answer
CLOSE_MARGIN = 0.2  # the runner-up is nearer than this: ask "A or B?"


@dataclass(frozen=True)
class Guess:
    """One intent and the calibrated probability (0 to 1) that it is what the person means."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class Slots:
    """Values the person named. None where they named none: nothing is ever assumed.

    amount_fen is integer fen, instalments the number of parts, period `YYYY` or `YYYY-MM`, hour a time of the day, monthly a day
    of each month (31: its last). `date` is the payment's; `day` is named for whatever the sentence is about, a visit or a call.
    """

    date: dt.date | None = None
    amount_fen: int | None = None
    instalments: int | None = None
    period: str | None = None
    hour: dt.time | None = None
    day: dt.date | None = None
    monthly: int | None = None
    times: int = 0  # payments told one by one: "这个月底一次,下个月底一次"

    def to_json(self) -> dict[str, str | int]:
        """Only the keys that are present; the date in ISO form. Hour, day and monthly are of use in conversation only."""
        found: dict[str, str | int] = {}
        if self.date is not None:
            found["date"] = self.date.isoformat()
        if self.amount_fen is not None:
            found["amount_fen"] = self.amount_fen
        if self.instalments is not None:
            found["instalments"] = self.instalments
        if self.period is not None:
            found["period"] = self.period
        return found


@dataclass(frozen=True)
class Context:
    """What the dialogue knows: it decides what short replies ("没有", "行", "25号") mean."""

    pending: str | None = None  # step the bot is waiting in: "promise.date", "plan.parts"
    last_kind: str | None = None  # kind of the last message sent: "reminder", "receipt", "offer"
    choices: tuple[str, ...] = ()  # labels of the last menu
    fee_items: tuple[str, ...] = ()  # items this account is billed for: a question on these is in scope


@dataclass(frozen=True)
class Reading:
    """A sentence read. `intents` is never empty, most certain first; out_of_scope stands alone."""

    text: str
    intents: tuple[Guess, ...]
    slots: Slots
    reason: str | None = None  # sub-reason of out_of_scope, one of REASONS
    likely: tuple[str, ...] = ()  # the three likeliest in-scope intents, for "did you mean"
    tone: tuple[str, ...] = ()
    runner_up: float = 0.0  # probability of the best intent that is not in `intents`
    told: tuple[str, ...] = ()  # the intents once more, in the order of the sentence; empty when there is only one

    @property
    def top(self) -> Guess:
        return self.intents[0]

    @property
    def sure(self) -> bool:
        """Certain enough to answer without asking back. Two wishes in one sentence share its certainty."""
        return self.certainty >= SURE_CONFIDENCE and not self.close

    @property
    def certainty(self) -> float:
        """The probability that nothing else is meant."""
        return min(1.0, sum(guess.confidence for guess in self.intents))

    @property
    def in_order(self) -> tuple[str, ...]:
        """The intents in the order in which they were said."""
        return self.told or tuple(guess.intent for guess in self.intents)

    @property
    def close(self) -> bool:
        """Two readings lie so near each other that one short question is better than a guess."""
        return self.top.confidence - self.runner_up < CLOSE_MARGIN
