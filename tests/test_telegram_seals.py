"""Sealed buttons open as they were made, in their chat, and in no other way."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.seals import MOST_BYTES, SEAL_BYTES, Seals, key_of

SEALS = Seals(key_of("1000000001:a-token"))
chats, threads, states = st.integers(-(2**52), 2**52), st.integers(0, 2**31), st.text(max_size=10)
data = st.text(string.printable, max_size=MOST_BYTES - SEAL_BYTES)


@given(chats, threads, data, states)
def test_what_was_sealed_opens_in_its_chat(chat: int, thread: int, what: str, state: str) -> None:
    """And fits a button."""
    sealed = SEALS.seal(chat, thread, what, state)
    assert len(sealed.encode()) <= MOST_BYTES
    assert SEALS.opened(chat, thread, sealed, state) == what


@given(data, st.data())
def test_one_changed_character_closes_it(what: str, given_data: st.DataObject) -> None:
    """Changed, left out or put in, anywhere; another spelling of the same bytes counts as changed."""
    sealed = SEALS.seal(501, 0, what)
    place = given_data.draw(st.integers(0, len(sealed) - 1))
    typed = given_data.draw(st.text(max_size=2))
    changed = sealed[:place] + typed + sealed[place + 1 :]
    assert (SEALS.opened(501, 0, changed) is None) == (changed != sealed)


@given(data, st.tuples(chats, threads, states), st.tuples(chats, threads, states))
def test_it_opens_nowhere_else(what: str, here: tuple[int, int, str], there: tuple[int, int, str]) -> None:
    """Another chat, another topic, another state of the settings: a forwarded or replayed button has no effect."""
    sealed = SEALS.seal(here[0], here[1], what, here[2])
    assert (SEALS.opened(there[0], there[1], sealed, there[2]) is None) == (here != there)


@given(st.text(max_size=80))
def test_what_we_did_not_seal_does_not_open(forged: str) -> None:
    """Whatever is in it: other alphabets, half characters, nothing."""
    assert SEALS.opened(501, 0, forged) is None
    assert SEALS.opened(501, 0, f"{forged}\ud800") is None


def test_data_and_state_cannot_be_moved_into_each_other() -> None:
    """The seal covers where the one ends and the other begins."""
    sealed = SEALS.seal(501, 0, "s:t", "08")
    assert SEALS.opened(501, 0, sealed.replace("s:t", "s:t0"), "8") is None


def test_a_new_token_makes_old_buttons_void() -> None:
    """The key comes from the token, and the token is not in it."""
    other = Seals(key_of("1000000001:another"))
    assert other.opened(501, 0, SEALS.seal(501, 0, "next")) is None
    assert b"token" not in key_of("1000000001:a-token")


def test_what_does_not_fit_a_button_is_a_mistake_of_ours() -> None:
    """Counted in bytes."""
    SEALS.seal(501, 0, "x" * 52)
    for long in ("x" * 53, "ж" * 27):
        with pytest.raises(ValueError, match="a button carries 64"):
            SEALS.seal(501, 0, long)
