"""The settings as screens: what Telegram takes, in three languages, with room for targets and seals."""

import datetime as dt
import zoneinfo
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import settings_texts as texts
from bot.core.language import ENGLISH, NAMES, Language
from bot.core.library import Library
from bot.core.model import EVERY_DAY, WEEKDAYS, Button, Chat, Kind, Message, Preferences, Subscription, Theme
from bot.core.screens import HERE, ZONES, At, Screens, article_key, state_of
from bot.locales import load_languages
from bot.places import zone_name
from bot.telegram.seals import Seals
from tests.fakes import LIBRARY, NOW, article, digests
from tests.test_core_render import buttons, check, labels, plain

WANTED = Preferences(dt.time(7, 30), WEEKDAYS, "Asia/Almaty", ("trade",))
SUBSCRIPTION = Subscription(Chat(1), WANTED, NOW + dt.timedelta(hours=22, minutes=30))
TWO = Library((*LIBRARY.articles, article("a" * 40, [("water", digests("x1"))], dt.date(2025, 1, 1))))
FARTHEST = At(Kind.CHANNEL, 7, "@-1997852516352", 'A <b>channel</b> & "more"')
"""The longest id that a channel can have."""
LANGUAGES = load_languages()
TODAY = NOW.date()
PREFERENCES = st.builds(
    Preferences,
    st.integers(0, 1439).map(lambda minutes: dt.time(*divmod(minutes, 60))),
    st.integers(1, EVERY_DAY),
    st.sampled_from([*ZONES, "Etc/GMT-5", "America/Argentina/ComodRivadavia", "UTC", "Gone/Zone"]),
    st.sets(st.sampled_from(["water", "trade", "gone"])).map(lambda names: tuple(sorted(names))),
    st.sampled_from([(), ("rivers",), ("a" * 40, "rivers"), ("gone",)]),
    st.booleans(),
    st.sampled_from([None, TODAY, TODAY + dt.timedelta(3)]),
)


def shown(say: Language, now: dt.datetime, at: At = HERE, language: str = "en", state: str = "") -> Screens:
    """The screens, with zones called as in English."""
    return Screens(say, now, at, language, state, lambda zone: zone_name(zone, "en"))


def every_screen(screens: Screens, wanted: Preferences, library: Library) -> Iterator[tuple[str, Message]]:
    """All screens by their names; those that lead back to the overview come last."""
    yield "", screens.overview(Subscription(Chat(1), wanted, NOW), library)
    yield "", screens.overview(Subscription(Chat(1), wanted, None), library)
    yield "", screens.without(wanted, 1, 4)
    found = [("Buenos Aires, " + "x" * 90, "America/Argentina/ComodRivadavia")]
    question = screens.say(texts.WHICH_PLACE, typed="Buenos")
    yield "", screens.places(question, found)
    told = {"upcoming": screens.upcoming(SUBSCRIPTION), **screens.there("Asia/Almaty")}
    yield "", screens.done(screens.say(texts.ZONE_SET, **told))
    yield "back", screens.time(wanted)
    yield "back", screens.days(wanted)
    yield "back", screens.themes(wanted, library)
    yield "back", screens.articles(wanted, library)
    yield "back", screens.zone(wanted)
    yield "back", screens.languages()
    yield "back", screens.pause(wanted)
    yield "back", screens.start_over()
    yield "back", screens.unsubscribe(wanted)


@pytest.mark.parametrize("code", NAMES)
@given(wanted=PREFERENCES, at=st.sampled_from([HERE, At(Kind.PRIVATE), FARTHEST]))
def test_every_screen_is_what_telegram_takes(code: str, wanted: Preferences, at: At) -> None:
    """For all preferences, in every language; and each screen but the overviews leads back."""
    screens = shown(LANGUAGES[code], NOW, at, code, "state")
    for kind, message in every_screen(screens, wanted, TWO):
        check(message)
        assert all(len(button.label) <= 64 for button in buttons(message))
        back = (Button(LANGUAGES[code](texts.BACK), f"s{at.target}"),)
        assert (message.buttons[-1] == back) == (kind == "back")
        assert message.state == "state"


def test_there_is_room_for_the_longest_names_a_target_and_a_seal() -> None:
    """64 bytes hold a channel's id, the longest zone or theme, and the seal."""
    seals, longest = Seals(b"key"), max(zoneinfo.available_timezones(), key=len)
    theme = Theme("n" * 32, "T" * 200, "🤝", "S", digests("d" * 40))
    library = Library((article("a" * 40, [(theme.name, theme.digests)], TODAY), *LIBRARY.articles))
    screens = shown(ENGLISH, NOW, FARTHEST)
    wanted = Preferences(dt.time(9), EVERY_DAY, longest)
    seen = chain.from_iterable(buttons(message) for _, message in every_screen(screens, wanted, library))
    places = screens.places("x", [("Far away", longest)])
    sealed = [
        seals.seal(-1, 0, button.data) for button in (*seen, *buttons(places)) if button.data.startswith("!")
    ]
    assert len(longest) == 32
    assert max(len(data.encode()) for data in sealed) == 64
    assert any(theme.name in data for data in sealed)


def test_every_button_that_changes_something_is_marked_for_a_seal() -> None:
    """What only opens a screen is not."""
    for _, message in every_screen(shown(ENGLISH, NOW), WANTED, TWO):
        for button in buttons(message):
            assert button.data.count(":") == (2 if button.data.startswith("!") else (":" in button.data))


def test_the_target_is_on_every_button_and_its_title_heads_every_screen() -> None:
    """A press on the screen of a channel can concern nothing else; `ch` leads out of it."""
    for _, message in every_screen(shown(ENGLISH, NOW, FARTHEST), WANTED, TWO):
        assert plain(message.html).startswith('A <b>channel</b> & "more"\n\n')
        about = [button.data for button in buttons(message) if not button.data.startswith("ch:")]
        assert about
        assert all(data.lstrip("!").startswith("s@-1997852516352") for data in about)


def test_the_overview_shows_what_was_chosen_and_when_the_next_one_comes() -> None:
    """In the reader's own time."""
    seen = plain(shown(ENGLISH, NOW).overview(SUBSCRIPTION, LIBRARY).html)
    assert "07:30, weekdays" in seen
    assert "Almaty (Asia/Almaty), 09:00 there now" in seen
    assert "/trade" in seen
    assert "🗣 English" in seen
    assert "tomorrow, Tuesday, 24 November, 07:30" in seen
    assert "rivers" not in seen


def test_several_articles_are_named_and_can_be_chosen() -> None:
    """Of one there is nothing to choose."""
    screens = shown(ENGLISH, NOW)
    following = Preferences(dt.time(9), EVERY_DAY, "UTC", (), ("rivers",))
    page = screens.overview(Subscription(Chat(1), following, NOW), TWO)
    assert '📰 rivers <& "friends">' in plain(page.html)
    assert texts.ARTICLES in labels(page)
    assert texts.ARTICLES not in labels(screens.overview(SUBSCRIPTION, LIBRARY))
    assert chosen(screens.articles(following, TWO)) == ['rivers <& "friends">']


def test_many_themes_and_articles_still_fit() -> None:
    """A message holds 4,096 characters and 100 buttons."""
    names = [f"t{number:03}" for number in range(150)]
    shelf = (article(f"{'long-' * 6}{name}", [(name, digests(name))], TODAY) for name in names)
    library = Library(tuple(shelf))
    everything = Preferences(
        dt.time(9), EVERY_DAY, "UTC", tuple(names), tuple(item.id for item in library.articles)
    )
    for _, message in every_screen(shown(ENGLISH, NOW), everything, library):
        check(message)
        assert sum(map(len, message.buttons)) <= 100


def test_a_chat_without_a_subscription_sees_its_language_and_a_way_to_begin() -> None:
    """With what was read, and what a subscription would be."""
    message = shown(LANGUAGES["kk"], NOW, language="kk").without(WANTED, 3, 24)
    assert "Қазақша" in message.html
    assert "07:30" in message.html
    assert [button.data for button in buttons(message)] == ["!s:on:", "s:language", "s:over"]


def test_a_paused_subscription_says_so() -> None:
    """Because the chat cannot be reached, or until a day of the reader's choice; then it can go on at once."""
    screens = shown(ENGLISH, NOW)
    resting = Preferences(dt.time(9), EVERY_DAY, "UTC", resume=dt.date(2026, 12, 24))
    assert screens.upcoming(Subscription(Chat(1), WANTED, None)) == "paused"
    assert (
        "Paused until 24 December 2026" in screens.overview(Subscription(Chat(1), resting, NOW), LIBRARY).html
    )
    assert "!s:p:" in [button.data for button in buttons(screens.pause(resting))]
    assert "!s:p:" not in [button.data for button in buttons(screens.pause(WANTED))]


def test_pauses_are_days_of_the_calendar() -> None:
    """Where the reader is, so that a press means the same whenever it comes."""
    far = Preferences(dt.time(9), EVERY_DAY, "Pacific/Kiritimati")  # 18:00 there
    days = [button.data for button in buttons(shown(ENGLISH, NOW + dt.timedelta(hours=7)).pause(far))]
    assert days[:3] == ["!s:p:20261125", "!s:p:20261201", "!s:p:20261224"]


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (1, "today, Monday, 23 November, 10:00"),
        (24, "tomorrow, Tuesday, 24 November, 09:00"),
        (72, "Thursday, 26 November, 09:00"),
    ],
)
def test_moments_are_said_by_the_readers_calendar_and_shown_by_every_readers_clock(
    hours: int, said: str
) -> None:
    """Today and tomorrow are local dates; Telegram puts a reader's own time in the place of the words."""
    at = NOW + dt.timedelta(hours=hours)
    html = shown(ENGLISH, NOW).upcoming(Subscription(Chat(1), WANTED, at))
    assert html == f'<tg-time unix="{int(at.timestamp())}" format="wDt">{said}</tg-time>'


def chosen(message: Message) -> list[str]:
    """What is marked."""
    return [label.removeprefix("✓ ") for label in labels(message) if label.startswith("✓ ")]


def test_what_is_chosen_is_marked() -> None:
    """On every screen."""
    screens = shown(ENGLISH, NOW, language="ru")
    assert chosen(screens.time(WANTED)) == ["07", "07:30"]
    assert chosen(screens.days(WANTED)) == ["Weekdays", "Mon", "Tue", "Wed", "Thu", "Fri"]
    assert chosen(screens.themes(WANTED, LIBRARY)) == ['🤝 Trade & "so" <on>']
    assert chosen(screens.zone(WANTED)) == ["Almaty 09:00"]
    assert chosen(screens.languages()) == ["Русский"]


def test_languages_stand_in_their_own_words() -> None:
    """Whatever the screen's own language is."""
    for say in LANGUAGES.values():
        assert labels(shown(say, NOW).languages())[:-1] == ["✓ English", "Русский", "Қазақша"]


def test_a_time_between_the_quarters_marks_its_hour_alone() -> None:
    """07:10 stands on no button, and choosing another hour keeps its minutes."""
    message = shown(ENGLISH, NOW).time(Preferences(dt.time(7, 10), EVERY_DAY, "UTC"))
    assert chosen(message) == ["07"]
    assert Button("08", "!s:t:0810") in buttons(message)


def test_a_press_on_a_day_adds_it_or_takes_it_away_but_never_the_last() -> None:
    """The mask that a button carries is never empty."""
    screens = shown(ENGLISH, NOW)
    data = {button.label: button.data for button in buttons(screens.days(WANTED))}
    assert (data["Sat"], data["✓ Mon"]) == ("!s:d:63", "!s:d:30")
    alone = Preferences(dt.time(9), 1, "UTC")
    assert Button("✓ Mon", "!s:d:1") in buttons(screens.days(alone))


def test_only_a_reader_alone_is_asked_for_a_location() -> None:
    """Telegram allows it in private alone, and it would be the reader's place, not the channel's."""
    for at, asked in ((At(Kind.PRIVATE), True), (At(Kind.GROUP), False), (FARTHEST, False)):
        data = [button.data for button in buttons(shown(ENGLISH, NOW, at).zone(WANTED))]
        assert ("s:where" in data) == asked


def test_a_state_is_another_one_after_every_change() -> None:
    """Of preferences, language, articles, what was read, and of being paused or there at all."""
    states = [
        state_of(None, "en"),
        state_of(SUBSCRIPTION, "en"),
        state_of(SUBSCRIPTION, "ru"),
        state_of(Subscription(Chat(1), WANTED, None), "en"),
        state_of(SUBSCRIPTION, "en", ["rivers"]),
        state_of(SUBSCRIPTION, "en", [], ["w1"]),
        state_of(Subscription(Chat(1), Preferences(dt.time(7, 31), WEEKDAYS, "Asia/Almaty"), NOW), "en"),
    ]
    assert len(set(states)) == len(states)


def test_a_state_is_the_same_after_every_delivery() -> None:
    """The next moment moves on daily; the buttons of yesterday hold."""
    later = Subscription(Chat(1), WANTED, NOW + dt.timedelta(days=9))
    assert state_of(SUBSCRIPTION, "en", {"a", "b"}) == state_of(later, "en", ["b", "a"])


def test_articles_have_short_keys() -> None:
    """Which differ."""
    assert len({article_key("rivers"), article_key("seas"), article_key("a" * 40)}) == 3
    assert len(article_key("a" * 40)) == 12


def test_fixed_sentences_are_what_telegram_takes() -> None:
    """In every language; toasts fit the 200 characters that Telegram shows."""
    said = [value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)]
    for say in LANGUAGES.values():
        assert all(plain(say(text)) for text in said)
        toasts = (texts.OLD_SETTING, texts.OUT_OF_DATE, texts.NOT_YOURS)
        assert max(len(say(text)) for text in toasts) <= 200


def every_sentence(say: Language) -> Iterator[str]:
    """Those with names in them."""
    yield say(texts.NOT_UNDERSTOOD, problems="“&lt;b”", example="water")
    yield say(texts.ZONE_WITHOUT_SUBSCRIPTION, place="A &amp; B", zone="Asia/Almaty", clock="10:00")
    yield say(texts.LOCATED, told="<b>x</b>")
    yield say(texts.NO_SUCH_PLACE, typed="&lt;x")
    yield say(texts.WRONG_PAUSE, example=TODAY)


def test_sentences_with_names_are_what_telegram_takes() -> None:
    """In every language."""
    for say in LANGUAGES.values():
        assert all(plain(html) for html in every_sentence(say))
