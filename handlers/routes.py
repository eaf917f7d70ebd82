"""The whole conversation map, read top to bottom: what a message may mean, and who answers it."""

from __future__ import annotations

from domain.messages import Audience
from domain.roles import Right
from handlers import (
    attachments,
    beyond,
    bill,
    bind,
    bind_request,
    claim,
    complaint,
    dispute,
    errand,
    group,
    hardship,
    pay,
    person,
    plan,
    promise,
    question,
    renewal,
    settings,
    stop,
    unclear,
)
from handlers import (
    help as helping,
)
from handlers.turn import ANYONE, Route

EVERYWHERE = (Audience.PRIVATE, Audience.GROUP, Audience.STAFF)
DESKS = (Audience.PRIVATE, Audience.STAFF)

ROUTES: tuple[Route, ...] = (
    # What always wins: stop, a person, a wrong bill.
    Route(stop.stop, ("stop", "停止", "退订"), ("opt_out",), actions=("stop.stop",), who=ANYONE, urgent=True),
    Route(stop.resume, ("恢复提醒",), actions=("stop.resume",), who=ANYONE),
    Route(person.ask, ("human", "人工", "找人工"), ("talk_human",), actions=("person.ask",), urgent=True),
    Route(person.cancel, actions=("person.cancel",)),
    Route(person.live, steps=("person.live",)),
    Route(dispute.start, ("dispute", "异议"), ("dispute_bill",), actions=("dispute.start",), urgent=True),
    Route(dispute.reason, steps=("dispute.reason",)),
    # Joining and leaving.
    Route(bind.start, ("start",), who=ANYONE),
    Route(bind.digits, steps=("bind.digits",), who=ANYONE),
    Route(bind.needed, intents=("not_bound",), who=ANYONE),
    Route(bind_request.ask, actions=("bind.ask",), who=ANYONE),
    Route(bind_request.room, steps=("bind.room",), who=ANYONE),
    Route(settings.show, ("settings", "设置"), actions=("settings.show",)),
    Route(settings.language, actions=("settings.language",)),
    Route(settings.unbind, actions=("settings.unbind",)),
    Route(settings.unbind_confirmed, actions=("settings.unbind_yes",)),
    # The bill.
    Route(bill.show, ("bill", "账单"), ("ask_amount",), actions=("bill.show",)),
    Route(bill.due, intents=("ask_due",), actions=("bill.due",)),
    Route(bill.explain, intents=("ask_calculation",), actions=("bill.explain",)),
    Route(bill.compare, actions=("bill.compare",)),
    Route(pay.how, ("pay", "缴费"), ("how_to_pay",), actions=("pay.how",)),
    Route(pay.method, actions=("pay.method",)),
    # Arrangements.
    Route(claim.start, ("paid_already", "已缴"), ("claim_paid",), actions=("claim.start",)),
    Route(claim.voucher, steps=("claim.voucher",)),
    Route(promise.start, ("promise", "承诺"), ("promise_to_pay", "request_postpone"), actions=("promise.start",)),
    Route(promise.day_typed, steps=("promise.date",)),
    Route(promise.day_chosen, actions=("promise.day",)),
    Route(promise.confirm, actions=("promise.confirm",)),
    Route(promise.change, actions=("promise.change",)),
    Route(promise.withdraw, actions=("promise.withdraw",)),
    Route(plan.offer, ("plan", "分期"), ("request_instalment",), actions=("plan.offer",)),
    Route(plan.parts_typed, steps=("plan.parts",)),
    Route(plan.choose, actions=("plan.choose",)),
    Route(plan.confirm, actions=("plan.confirm",)),
    Route(hardship.tell, actions=("hardship.tell",)),
    # What is on people's minds.
    Route(complaint.start, ("complain", "投诉"), ("complain_refuse",), actions=("complaint.start",)),
    Route(complaint.words, steps=("complaint.words",)),
    Route(errand.invoice, ("invoice", "发票"), ("request_invoice",), actions=("invoice.ask",)),
    Route(errand.auto_pay, intents=("auto_debit",), actions=("autopay.ask",)),
    Route(errand.moved, intents=("vacant_moved",), actions=("moved.tell",)),
    Route(errand.more, steps=("errand.more",)),
    Route(renewal.yes, intents=("renew_yes",), actions=("renewal.yes",)),
    Route(renewal.no, intents=("renew_no",), actions=("renewal.no",)),
    Route(renewal.consider, intents=("renew_consider",), actions=("renewal.consider",)),
    Route(renewal.reason, actions=("renewal.reason",)),
    # Questions that words answer.
    Route(question.late_fee, intents=("ask_late_fee",), actions=("question.late_fee",)),
    Route(question.discount, intents=("ask_discount",), actions=("question.discount",)),
    Route(question.purpose, intents=("ask_purpose",), actions=("question.purpose",)),
    Route(
        question.identity, intents=("ask_identity",), actions=("identity.who",), who=ANYONE, audiences=EVERYWHERE
    ),
    Route(question.greeting, intents=("greet_thanks",), who=ANYONE),
    Route(helping.show, ("help", "帮助"), actions=("help.show",), who=ANYONE, audiences=EVERYWHERE),
    # What is not ours, what was not understood, what is no text.
    Route(beyond.answer, intents=("out_of_scope",), who=ANYONE),
    Route(unclear.unclear, intents=("unknown",), who=ANYONE, audiences=EVERYWHERE),
    Route(attachments.edited, events=("edited",), who=ANYONE),
    # Life of the chats.
    Route(group.joined, events=("group_joined",), who=ANYONE),
    Route(group.removed, events=("group_removed",), who=ANYONE),
    Route(group.silenced, events=("group_silenced",), who=ANYONE),
    Route(group.renamed, events=("group_renamed",), who=ANYONE),
    Route(group.migrated, events=("group_migrated",), who=ANYONE),
    Route(group.blocked, events=("blocked",), who=ANYONE),
    Route(group.returned, events=("returned",), who=ANYONE),
    # Staff: what they decide on the cards that residents' wishes brought them.
    Route(bind_request.approve, actions=("bind.approve",), who=Right.TASKS, audiences=DESKS),
    Route(bind_request.decline, actions=("bind.decline",), who=Right.TASKS, audiences=DESKS),
    Route(bind_request.code, steps=("bind.code",), who=Right.TASKS, audiences=DESKS),
    Route(claim.confirm, actions=("claim.confirm",), who=Right.CONFIRM_PAYMENT, audiences=DESKS),
    Route(claim.settled, actions=("claim.settled",), who=Right.CONFIRM_PAYMENT, audiences=DESKS),
    Route(claim.not_found, actions=("claim.not_found",), who=Right.CONFIRM_PAYMENT, audiences=DESKS),
    Route(claim.other_amount, actions=("claim.other_amount",), who=Right.CONFIRM_PAYMENT, audiences=DESKS),
    Route(claim.amount, steps=("claim.amount",), who=Right.CONFIRM_PAYMENT, audiences=DESKS),
    Route(plan.approve, actions=("plan.approve",), who=Right.TASKS, audiences=DESKS),
    Route(plan.decline, actions=("plan.decline",), who=Right.TASKS, audiences=DESKS),
    Route(plan.reason, steps=("plan.reason",), who=Right.TASKS, audiences=DESKS),
    Route(dispute.uphold, actions=("dispute.uphold",), who=Right.TASKS, audiences=DESKS),
    Route(dispute.reject, actions=("dispute.reject",), who=Right.TASKS, audiences=DESKS),
    Route(dispute.decision, steps=("dispute.decision",), who=Right.TASKS, audiences=DESKS),
    Route(complaint.answer, actions=("complaint.answer",), who=Right.TASKS, audiences=DESKS),
    Route(complaint.answer_words, steps=("complaint.reply",), who=Right.TASKS, audiences=DESKS),
    Route(person.take, actions=("person.take",), who=Right.TASKS, audiences=DESKS),
    Route(person.reply, actions=("person.reply",), who=Right.TASKS, audiences=DESKS),
    Route(person.staff_words, steps=("person.staff",), who=Right.TASKS, audiences=DESKS),
    Route(person.hand_back, actions=("person.hand_back",), who=Right.TASKS, audiences=DESKS),
    Route(group.link, actions=("group.link",), who=Right.MANAGE_STAFF, audiences=DESKS),
    # Staff: commands and conversations of their own.
)
