"""Who wrote what: triggers that keep each change of deliveries and leases, and the judge of whether all was right.

Each life of a bot signs in to PostgreSQL as a user of its own, so the server itself says who wrote, and not the bot.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

TRIGGERS = """
CREATE TABLE audit (
    number BIGSERIAL PRIMARY KEY, at DOUBLE PRECISION DEFAULT extract(epoch FROM clock_timestamp()),
    writer TEXT DEFAULT session_user, relation TEXT, was JSONB, now JSONB
);
CREATE FUNCTION keep() RETURNS TRIGGER AS $$ BEGIN
    INSERT INTO audit (relation, was, now) VALUES (TG_TABLE_NAME, to_jsonb(OLD), to_jsonb(NEW));
    RETURN NULL;
END $$ LANGUAGE plpgsql SECURITY DEFINER;
CREATE TRIGGER kept AFTER UPDATE OR DELETE ON deliveries FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TRIGGER kept AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TRIGGER kept AFTER INSERT OR UPDATE OR DELETE ON leases FOR EACH ROW EXECUTE FUNCTION keep();
"""
CHANGES = """SELECT at, writer, was->>'id', was->>'state', was->>'owner', was->>'attempt',
    now->>'state', now->>'owner', now->>'attempt' FROM audit WHERE relation = 'deliveries' ORDER BY number"""
LEASES = """SELECT at, writer, coalesce(now, was)->>'owner', coalesce((now->>'until')::bigint, 0) FROM audit
    WHERE relation = 'leases' AND coalesce(now, was)->>'name' LIKE 'replica:%' ORDER BY number"""
_OPEN = {"due", "sending"}
_A_COMMIT = 2.0
"""Seconds between a write and its commit at the most: within them others cannot see a lease that was renewed."""


@dataclass(frozen=True)
class Change:
    """One row of deliveries, before and after; `at` in seconds since 1970 by the server's clock."""

    at: float
    writer: str
    id: int
    was: str
    was_owner: str | None
    was_attempt: int
    state: str | None
    owner: str | None
    attempt: int | None

    @property
    def claims(self) -> bool:
        """Whether somebody takes the row in hand."""
        return self.was == "due" and self.state == "sending"

    @property
    def gives_back(self) -> bool:
        """Whether somebody takes the row from an owner who is dead."""
        return self.was == "sending" and self.owner is None


@dataclass
class Audit:
    """All changes in their order. `owners` says under which name each writer held leases, `leases` until when."""

    changes: list[Change]
    owners: dict[str, str] = field(default_factory=dict)
    leases: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, changes: Sequence[Any], leases: Sequence[Any]) -> "Audit":
        """What the queries CHANGES and LEASES have found."""
        read = cls(
            [Change(row[0], row[1], int(row[2]), row[3], row[4], int(row[5]), *row[6:]) for row in changes]
        )
        for at, writer, owner, until in leases:
            if until:  # those that have run out are tidied up by another one
                read.owners[writer] = owner
            read.leases[owner].append((at, until / 1000))
        return read

    def held(self, owner: str | None, at: float) -> bool:
        """Whether an owner had a lease at a moment, as all could see."""
        seen = [until for since, until in self.leases.get(owner or "", ()) if since <= at - _A_COMMIT]
        return bool(seen) and seen[-1] > at

    def wrong(self) -> list[str]:
        """What nobody may do: a stale owner's writes, and takings from a living one."""
        found: list[str] = []
        for change in self.changes:
            me = self.owners.get(change.writer)
            if change.was not in _OPEN:
                found.append(f"{change.writer} changed what was settled: {change}")
            elif change.was == "sending" and change.was_owner != me and not change.gives_back:
                found.append(f"{change.writer} wrote to another one's row: {change}")
            elif (
                change.was == "sending" and change.was_owner != me and self.held(change.was_owner, change.at)
            ):
                found.append(f"{change.writer} took from a living one: {change}")
            elif change.claims and change.owner != me:
                found.append(f"{change.writer} claimed in another one's name: {change}")
            elif change.claims and not self._holds(me, change.at):
                found.append(f"{change.writer} claimed without a lease: {change}")
        return found

    def _holds(self, owner: str | None, at: float) -> bool:
        return any(since <= at < until for since, until in self.leases.get(owner or "", ()))

    def in_hand(self, writer: str, at: float) -> set[int]:
        """The rows that a writer had in hand at a moment."""
        mine: set[int] = set()
        for change in self.changes:
            if change.at > at:
                break
            if change.state == "sending" and change.writer == writer:
                mine.add(change.id)
            else:
                mine.discard(change.id)
        return mine

    def given_back(self, writer: str, at: float) -> float:
        """Seconds from a moment until all that a writer had in hand was due again; 0: it had nothing."""
        owner = self.owners.get(writer)
        waited = (c.at - at for c in self.changes if c.at > at and c.was_owner == owner and c.gives_back)
        return max(waited, default=0.0)
