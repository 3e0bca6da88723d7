"""Telegram's rules for a message's text, as the sandbox applies them (numbers as in TDLib's order of checks)."""

import html
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.links import check_link
from bot.sandbox.refusal import Refusal
from bot.sandbox.rules import message_text
from bot.sandbox.text import is_empty

Json = dict[str, Any]
INVALID_UNICODE = (
    "Text contains invalid Unicode characters after decoding HTML entities, "
    "check for unmatched surrogate code units"
)


def parse(source: str) -> tuple[str, list[Json]]:
    """Return the text and entities of an HTML source."""
    return message_text({"text": source, "parse_mode": "HTML"})


def shapes(source: str) -> list[str]:
    """Return each entity as `type offset length extra`."""
    return [" ".join(str(value) for value in entity.values()) for entity in parse(source)[1]]


def refusal(source: str) -> str:
    """Return the words in which a source is refused."""
    with pytest.raises(Refusal) as caught:
        parse(source)
    assert caught.value.status == 400
    return caught.value.description.removeprefix("Bad Request: ")


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        (("b", "strong", "B"), "bold"),
        (("i", "em"), "italic"),
        (("u", "ins"), "underline"),
        (("s", "strike", "del"), "strikethrough"),
        (("tg-spoiler", "TG-Spoiler"), "spoiler"),
        (("code",), "code"),
        (("pre",), "pre"),
        (("blockquote",), "blockquote"),
    ],
)
def test_tags_become_entities(tags: tuple[str, ...], kind: str) -> None:
    """Every tag that Telegram knows makes its entity, in any letter case, counted in UTF-16 units."""
    for tag in tags:
        assert parse(f"😀 <{tag}>яx</{tag}>") == ("😀 яx", [{"type": kind, "offset": 3, "length": 2}])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('<a href="https://Example.COM">x</a>', ["text_link 0 1 https://example.com/"]),
        ("<a href='t.me/x?a=1&amp;b=2'>x</a>", ["text_link 0 1 http://t.me/x?a=1&b=2"]),
        ("<a>example.com</a>", []),
        ('<code class="language-py">x</code>', ["code 0 1"]),
        ('<pre><code class="language-py">x</code></pre>', ["pre 0 1 py"]),
        ('<span class="tg-spoiler">x</span>', ["spoiler 0 1"]),
        ("<blockquote expandable>x</blockquote>", ["expandable_blockquote 0 1"]),
        ('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', ["custom_emoji 0 2 5368324170671202286"]),
        ('<tg-time unix="1647531900" format="wDT">x</tg-time>', ["date_time 0 1 1647531900 wDT"]),
        ('<b id=A.1-b other="x">x</b>', ["bold 0 1"]),
        ("<b>x</>", ["bold 0 1"]),
    ],
)
def test_attributes(source: str, expected: list[str]) -> None:
    """The attributes that matter are read, others are ignored, and `</>` closes anything."""
    assert shapes(source) == expected


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("я <br/> x", 'Unsupported start tag "br/" at byte offset 3'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("😀<P>x</P>", 'Unsupported start tag "p" at byte offset 4'),
        ("x <b", "Unclosed start tag at byte offset 2"),
        ("<b x", "Unclosed start tag at byte offset 0"),
        ('<b x="1', "Unclosed start tag at byte offset 0"),
        ("<b />x</b>", 'Empty attribute name in the tag "b" at byte offset 0'),
        ("<a href=https://x.org>x</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<b><i>я</b></i>", 'Unmatched end tag at byte offset 8, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ('<tg-emoji emoji-id="x">👍</tg-emoji>', "Invalid custom emoji identifier specified"),
        (
            "&#xD83D;&#xDE00;",
            INVALID_UNICODE,
        ),
    ],
)
def test_what_the_grammar_refuses(source: str, words: str) -> None:
    """A fault is refused in Telegram's words, at its byte in the source."""
    assert refusal(source) == f"can't parse entities: {words}"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("&lt;&gt;&amp;&quot;&#39;&#x27;", "<>&\"''"),
        ("&lt1 &amp", "<1 &"),
        ("&nbsp;&apos;&mdash;&LT;", "&nbsp;&apos;&mdash;&LT;"),
        ("&#128512;&#x1F600;", "😀😀"),
        ("&#0;&#;&#x;&#x110000;&#00000041;", "&#0;&#;&#x;&#x110000;&#00000041;"),
        ("a\tb\x00c", "a b c"),
        ("a\r\nb\u2028\u202ec", "a\nbc"),
        ("a\u200e\u200f\u200eb", "a\u200c\u200c\u200eb"),
        (" \n a b \n ", "a b"),
    ],
)
def test_text_after_parsing(source: str, text: str) -> None:
    """Only four named references exist; control characters and spaces at the ends go."""
    assert parse(source) == (text, [])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>a<i>b</i></b>", ["bold 0 1", "bold 1 1", "italic 1 1"]),
        ("<b><b>a</b></b>", ["bold 0 1"]),
        ("<code>a<b>b</b></code>", ["code 0 2"]),
        ("<b><code>a</code>b</b>", ["code 0 1", "bold 1 1"]),
        ('<a href="a.com">a<a href="b.com">b</a></a>', ["text_link 0 2 http://a.com/"]),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", ["blockquote 0 2"]),
        ('<b>a <a href="a.com">b</a></b>', ["bold 0 2", "text_link 2 1 http://a.com/", "bold 2 1"]),
        ("<b></b>x<i> </i>", []),
        (" <b> a </b> <i>b</i>\n", ["bold 0 2", "italic 3 1"]),
        ("<b>/next</b> @reader https://x.org.", ["bot_command 0 5", "bold 0 5", "mention 6 7", "url 14 13"]),
        ("<code>/next</code> x/next //next", ["code 0 5"]),
    ],
)
def test_overlaps_and_found_entities(source: str, expected: list[str]) -> None:
    """What may not overlap is dropped or cut in silence; commands, mentions and links are found."""
    assert shapes(source) == expected


@pytest.mark.parametrize(
    "href", ["http://localhost:8000/", "javascript:alert(1)", "/relative", "ftp://example.com", "https://"]
)
def test_a_bad_link_vanishes(href: str) -> None:
    """The text of a link that Telegram does not take stays, without the link."""
    assert parse(f'<a href="{href}">x</a>') == ("x", [])


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("ftp://example.com", "Unsupported URL protocol"),
        ("javascript://example.com", "Unsupported URL protocol"),
        *(
            (link, "Wrong HTTP URL")
            for link in ("not-a-url", "", "http://a.com:x/", "http://a b.com/", "http://[::1")
        ),
    ],
)
def test_why_a_link_is_refused(link: str, words: str) -> None:
    """Each fault of a link has its words."""
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        check_link(link)


@pytest.mark.parametrize(
    ("link", "stored"),
    [
        ("HTTPS://User@Example.com:443?q= x", "https://User@example.com:443/?q=%20x"),
        ("Example.com/A://b", "http://example.com/A://b"),
        ("TG:resolve?domain=x", "tg://resolve?domain=x"),
        ("https://пример.рф", "https://пример.рф/"),
    ],
)
def test_how_a_link_is_stored(link: str, stored: str) -> None:
    """A host is lower-cased, a bare host gains a slash, spaces are encoded."""
    assert check_link(link) == stored


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "message text is empty"),
        ("<b> </b>", "text must be non-empty"),
        ("\u200b\ufeff", "text must be non-empty"),
        ("x" * 4097, "message is too long"),
        ("я" * 16_385, "text is too long"),
    ],
)
def test_lengths(source: str, words: str) -> None:
    """Empty, invisible and too long texts are refused: bytes before parsing, code points after it."""
    assert refusal(source) == words


def test_length_counts_code_points_after_parsing() -> None:
    """4096 emoji in bold fit, though they are 8192 UTF-16 units."""
    assert shapes(f"<b>{'😀' * 4096}</b>") == ["bold 0 8192"]


@pytest.mark.parametrize("mode", ["Markdown", "MarkdownV2", "rst"])
def test_other_parse_modes_are_refused(mode: str) -> None:
    """The sandbox reads HTML alone and says so."""
    with pytest.raises(Refusal, match="unsupported parse_mode"):
        message_text({"text": "x", "parse_mode": mode})


TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("<>&\"'\r\n\t /=\u200e\u200f\u2028😀"), max_size=80
)


@given(TEXTS)
def test_escaped_text_comes_back(text: str) -> None:
    """Any text escaped with html.escape arrives as itself, but for the cleaning that Telegram does."""
    cleaned = re.sub("[\r\u2028-\u202e\u0333\u033f\u030a]", "", text)
    cleaned = re.sub("[\x00-\x09\x0b-\x1f]", " ", cleaned)
    cleaned = re.sub("[\u200e\u200f](?=[\u200e\u200f])", "\u200c", cleaned).strip(" \n")
    source = html.escape(text, quote=False)
    if is_empty(cleaned):
        assert refusal(source) in {"message text is empty", "text must be non-empty"}
    else:
        assert parse(source)[0] == cleaned


TAGS = "<b> </b> <i> </i> <s> </s> <code> </code> <pre> </pre> <blockquote> </blockquote> </> <"
PIECES = st.sampled_from(
    [*TAGS.split(), '<a href="x.org">', "</a>", "&#xD800;", "&amp;", "😀", "x", " ", "\n", "\r", "/go"]
)


@given(st.lists(PIECES | TEXTS, max_size=25).map("".join))
def test_any_source_is_parsed_or_refused(source: str) -> None:
    """Whatever comes in, entities lie inside the text and tags nest properly, or the answer is a 400."""
    try:
        text, entities = parse(source)
    except Refusal:
        return
    units = len(text.encode("utf-16-le")) // 2
    spans = [(entity["offset"], entity["offset"] + entity["length"], entity["type"]) for entity in entities]
    assert all(0 <= begin < end <= units for begin, end, _ in spans)
    assert spans == sorted(spans, key=lambda span: (span[0], -span[1]))
    tags = [span for span in spans if span[2] not in {"url", "bot_command", "mention"}]
    assert not [(a, b) for a in tags for b in tags if a[0] < b[0] < a[1] < b[1]]


def test_a_long_host_without_a_dot_is_refused_at_once() -> None:
    """Letters beyond ASCII are read one way alone, so that a long host costs no more than its length."""
    with pytest.raises(ValueError, match="Wrong HTTP URL"):
        check_link("я" * 5000)
