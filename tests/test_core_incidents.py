"""The stop rules: when sending pauses or stops, and that each incident is told once."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot.core.delivery import (
    Ambiguous,
    Missing,
    NotSent,
    Outcome,
    RateLimited,
    Refused,
    Sent,
    Unauthorized,
    Unreachable,
)
from bot.core.incidents import Cause, Watch
from bot.core.model import Chat, Delivery, Pick, Slot
from tests.fakes import NOW

SLOT = Slot(dt.date(2026, 11, 23), NOW)


def delivery(chat: int, digest: str | None = "w1") -> Delivery:
    """A first attempt."""
    return Delivery(chat, Chat(chat), SLOT, Pick(digest, 1, 4), 1)


def causes(watch: Watch, *outcomes: Outcome, at: float = 0.0) -> list[Cause]:
    """The incidents that a row of outcomes opens, each for another chat, a tenth of a second apart."""
    seen = (
        watch.observe(delivery(number), outcome, at + number / 10) for number, outcome in enumerate(outcomes)
    )
    return [incident.cause for incident in seen if incident]


def test_a_refused_token_halts_at_once() -> None:
    """Until the bot is restarted."""
    watch = Watch()

    assert causes(watch, Unauthorized(), Unauthorized()) == [Cause.TOKEN]
    assert (watch.halted, watch.may_send(1e9)) == (Cause.TOKEN, False)


def test_six_unknown_chats_of_a_hundred_halt() -> None:
    """Five do not, and neither do six among more than a hundred."""
    few, spread, many = Watch(), Watch(), Watch()

    assert causes(few, *[Missing("x")] * 5) == []
    assert causes(spread, *([Missing("x")] + [Sent(1)] * 19) * 10) == []
    assert causes(many, *([Sent(1)] * 94 + [Missing("x")] * 6)) == [Cause.STRANGERS]
    assert [watch.halted for watch in (few, spread, many)] == [None, None, Cause.STRANGERS]


def test_blocked_readers_are_no_incident() -> None:
    """However many they are."""
    assert causes(Watch(), *[Unreachable("blocked")] * 200) == []


def test_a_network_that_is_down_pauses_the_sending() -> None:
    """Half of a minute's sends without an answer: half a minute of silence, told once until one arrives."""
    watch = Watch()

    assert causes(watch, *[Ambiguous("x")] * 4) == [Cause.NETWORK]
    assert (watch.may_send(30.0), watch.may_send(30.4)) == (False, True)
    assert causes(watch, *[Ambiguous("x")] * 4, at=40) == []
    assert causes(watch, Sent(1), *[Ambiguous("x")] * 4, at=80) == [Cause.NETWORK]


def test_requests_that_never_left_pause_it_for_a_moment_only() -> None:
    """They cost no row its retry, so the pause only spares the log."""
    watch = Watch()
    causes(watch, *[NotSent("x")] * 4)

    assert (watch.may_send(3.0), watch.may_send(3.4)) == (False, True)


def test_single_losses_do_not_pause() -> None:
    """Fewer than half, or fewer than four, or longer ago than a minute."""
    assert causes(Watch(), *([Sent(1)] * 3 + [Ambiguous("x")] * 2) * 10) == []
    assert causes(Watch(), *[Ambiguous("x")] * 3) == []
    watch = Watch()
    assert [causes(watch, *[Ambiguous("x")] * 3, at=at) for at in (0, 100, 200)] == [[], [], []]


def test_a_digest_is_stopped_by_three_chats() -> None:
    """Different chats, and one message: the fourth tells nobody."""
    watch = Watch()

    assert [watch.observe(delivery(1), Refused("x"), 0.0) for _ in range(5)] == [None] * 5
    assert causes(watch, *[Refused("x")] * 5) == [Cause.CONTENT]


def test_a_message_taken_only_as_plain_text_counts_as_refused() -> None:
    """The reader has it; the editor still has to hear."""
    assert causes(Watch(), *[Sent(1, refused="can't parse entities")] * 3) == [Cause.CONTENT]


def test_eight_unanswered_in_a_row_pause_however_well_the_minute_began() -> None:
    """Seven do not; one answer in between begins the count anew."""
    taken, lost = [Sent(1)] * 100, [Ambiguous("no answer")]

    assert causes(Watch(), *taken, *lost * 7, Sent(1), *lost * 7) == []
    assert causes(Watch(), *taken, *lost * 8) == [Cause.NETWORK]


def test_an_answer_after_silence_ends_a_pause_and_an_answer_at_once_does_not() -> None:
    """A network that was down is back; a server that answers questions and takes no messages has to wait."""
    back, stubborn = Watch(), Watch()
    for watch in (back, stubborn):
        causes(watch, *[Ambiguous("no answer")] * 4)
        assert watch.pauses(1.0)
    stubborn.asked(answered=True, at=1.0)
    for answered in (False, False, True):
        back.asked(answered, at=2.0)

    assert (back.may_send(2.0), back.pauses(2.0)) == (True, False)
    assert (stubborn.may_send(29.0), stubborn.may_send(31.0)) == (False, True)


def test_what_went_out_before_a_pause_does_not_begin_another() -> None:
    """Its answer fails to come when the network is back already."""
    watch = Watch()
    causes(watch, *[Ambiguous("no answer")] * 4)
    for answered in (False, True):
        watch.asked(answered, at=2.0)
    for number in range(8):
        watch.observe(delivery(number), Ambiguous("no answer"), at=3.0, began=0.2)

    assert watch.may_send(3.0)


def test_a_halt_is_no_pause() -> None:
    """There is nothing to ask: it ends with a restart."""
    watch = Watch()
    causes(watch, *[Ambiguous("no answer")] * 4, Unauthorized())

    assert not watch.pauses(1.0)


def test_an_untried_digest_goes_to_three_chats_first() -> None:
    """Once Telegram has taken it there is no such limit; the end of all reading has none."""
    watch = Watch()
    eight = [delivery(number) for number in range(8)]
    ends = [delivery(number, None) for number in range(8)]

    assert [each.chat.id for each in watch.first(eight, ())] == [0, 1, 2]
    assert len(watch.first(ends, ())) == 8
    assert [each.chat.id for each in watch.first(eight, eight[:2])] == [0]
    watch.observe(eight[0], Sent(1), 0.0)
    assert len(watch.first(eight, ())) == 8


OUTCOMES: list[Outcome] = [
    Sent(1), NotSent("x"), Ambiguous("x"), RateLimited(dt.timedelta(1)), Missing("x"), Unreachable("x"), Refused("x"),
]  # fmt: skip


@given(st.lists(st.sampled_from(OUTCOMES), max_size=400))
def test_some_delivery_is_always_first(history: list[Outcome]) -> None:
    """Whatever happened, a round that may send sends something, unless its digest was refused three times."""
    watch = Watch()
    told = causes(watch, *history)

    assert bool(watch.first([delivery(1)], ())) or Cause.CONTENT in told


def test_a_bot_that_sends_for_months_remembers_the_last_sends_alone() -> None:
    """Of a hundred thousand that went well it keeps a thousand; what is lost after them is noticed as before."""
    watch = Watch()
    assert causes(watch, *[Sent(1)] * 100_000) == []
    assert len(watch._network) == 1000
    assert causes(watch, *[Ambiguous("silence")] * 8, at=10_001.0) == [Cause.NETWORK]
