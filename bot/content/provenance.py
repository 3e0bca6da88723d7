"""The tie between an outline and its source: hashes of paragraphs, since the source itself is not shipped."""

import hashlib
import re
import unicodedata

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_QUOTES = "\"'«»“”„‟‘’‚‛‹›"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_TABLE = str.maketrans(dict.fromkeys(_INVISIBLE + _QUOTES, "") | dict.fromkeys(_DASHES, "-"))


def paragraph_hash(text: str) -> str:
    """SHA-256 (hex) of a paragraph's words: typography that varies between copies of a text does not count.

    Unicode NFKC; soft hyphens, zero-width characters and quotation marks removed; dashes as "-"; white space
    as single spaces.
    """
    text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    return hashlib.sha256(re.sub(r"\s+", " ", text).strip().encode("utf-8", "surrogatepass")).hexdigest()
