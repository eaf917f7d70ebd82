"""What a reminder says beside its bills: what the fee was used for, points, an invitation; and who is there for a household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.completed import amount_words
from domain.ladder import OpenBill
from domain.office import Office
from domain.rendering import vacant_words
from domain.wording import day_words, period_words
from models.accounts import Account, Community
from models.completed import SHOWN, Done, latest_services
from models.rewards import balances
from models.staff import keepers


@dataclass(frozen=True)
class Extras:
    """What is known of some households, put into words for one of them at a time."""

    office: Office
    today: date
    communities: Mapping[int, tuple[int, str]] = field(default_factory=dict)  # account -> its community's id and name
    points: Mapping[int, int] = field(default_factory=dict)
    services: Mapping[int, Done] = field(default_factory=dict)  # community -> what was done lately
    keepers: Mapping[int, str] = field(default_factory=dict)  # account -> the colleague it knows

    def words(self, account_ids: Sequence[int], language: str) -> list[str]:
        """Finished sentences; several flats of one person share an invitation."""
        text, rules = self.office.wording.text, self.office.rewards
        found = [self._done(done, language) for done in self._services(account_ids)]
        names = {self.communities[each][1] for each in account_ids if each in self.communities}
        found += [
            text(
                "event.invite", language, {"day": day_words(each.on, language), "name": each.name, "place": each.place}
            )
            for each in rules.events
            if any(each.is_near(self.today, name) for name in names)
        ]
        have = max((self.points.get(each, 0) for each in account_ids), default=0)
        if rules.points.on and rules.points.fen_each and have >= rules.points.least:
            found.append(text("points.note", language, {"points": str(have)}))
        return found

    def personal(self, account_id: int, bills: Sequence[OpenBill], language: str) -> dict[str, str]:
        """The fields of domain.personal.FIELDS: only words for a trait have gaps for them."""
        nobody = self.office.wording.text("personal.desk", language, {"office": self.office.name})
        return {
            "contact": self.keepers.get(account_id) or nobody,
            "vacant_rule": vacant_words(self.office, language, bills),
        }

    def _services(self, account_ids: Sequence[int]) -> list[Done]:
        ids = dict.fromkeys(self.communities[each][0] for each in account_ids if each in self.communities)
        return [self.services[each] for each in ids if each in self.services]

    def _done(self, done: Done, language: str) -> str:
        """The first few: a reminder is no report."""
        each = [f"{it.name} {amount_words(it.quantity, it.unit, language)}" for it in done.services[:SHOWN]]
        comma = self.office.wording.text("list.comma", language)
        fields = {"period": period_words(done.period, language), "services": comma.join(each)}
        return self.office.wording.text("service.line", language, fields)


async def extras(
    session: AsyncSession, office: Office, account_ids: Sequence[int], today: date, named: Sequence[int] = ()
) -> Extras:
    """Read once for many households. `named`: those of them whose words may name the colleague they know."""
    rows = await session.execute(
        select(Account.id, Community.id, Community.name)
        .join(Community, Community.id == Account.community_id)
        .where(Account.id.in_(account_ids))
    )
    communities = {account_id: (community_id, name) for account_id, community_id, name in rows}
    points = await balances(session, account_ids) if office.rewards.points.on else {}
    services = await latest_services(session, sorted({each for each, _ in communities.values()}), today)
    return Extras(office, today, communities, points, services, await keepers(session, named) if named else {})
