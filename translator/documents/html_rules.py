"""What HTML's elements and attributes mean to a translator."""

from collections.abc import Mapping

__all__ = [
    "BLOCKS",
    "CLOSED_BY",
    "RAW",
    "UNTOUCHED",
    "VOID",
    "is_text_attribute",
    "says_translate",
]


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


# Elements without an end tag.
VOID = _names(
    "area base basefont bgsound br col command embed frame hr image img input keygen link "
    "meta param source track wbr"
)

# Elements that end a segment. An element in none of these sets is inline, as in a browser.
BLOCKS = _names(
    "address article aside audio blockquote body br button canvas caption center col "
    "colgroup datalist dd details dialog dir div dl dt embed fieldset figcaption figure "
    "footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe input "
    "keygen label legend li listing main map menu meter nav noembed noframes noscript "
    "object ol optgroup option p plaintext pre progress search section select summary table "
    "tbody td textarea tfoot th thead title tr ul video xmp"
)

# Code, and elements without any text.
UNTOUCHED = _names(
    "code iframe kbd listing math noembed noframes plaintext pre rp rt rtc samp script "
    "style svg template textarea var xmp"
)

# The content of these is nothing that people read, even if it has letters: each stands in a text
# as a single mark.
RAW = _names("iframe noembed noframes rp rt rtc script style svg template")

_ROWS = frozenset({"td", "th", "tr"})
_P = frozenset({"p"})
# The blocks that an opening tag closes if they are innermost: they need no end tag.
CLOSED_BY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        _names(
            "address article aside blockquote center details dialog dir div dl fieldset figcaption "
            "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr listing main menu nav ol p "
            "plaintext pre search section table ul xmp"
        ),
        _P,
    ),
    "li": frozenset({"li", "p"}),
    "dd": frozenset({"dd", "dt", "p"}),
    "dt": frozenset({"dd", "dt", "p"}),
    "option": frozenset({"option"}),
    "optgroup": frozenset({"option", "optgroup"}),
    "td": frozenset({"td", "th", "p"}),
    "th": frozenset({"td", "th", "p"}),
    "tr": _ROWS | _P,
    **{
        name: _ROWS | {"p", "tbody", "thead", "tfoot", "colgroup", "caption"}
        for name in ("tbody", "thead", "tfoot")
    },
    "body": frozenset({"head"}),
}

_TEXT_ATTRIBUTES = _names(
    "alt aria-description aria-label aria-placeholder placeholder summary title"
)
_LABELLED = frozenset({"optgroup", "option", "track"})
_BUTTONS = frozenset({"button", "reset", "submit"})
_META = _names(
    "description og:title og:description og:site_name og:image:alt og:video:alt "
    "twitter:title twitter:description twitter:image:alt dc.description dcterms.description"
)


def is_text_attribute(tag: str, name: str, attrs: Mapping[str, str]) -> bool:
    """Whether people read the value of an attribute, given its tag and all attributes."""
    if name in _TEXT_ATTRIBUTES:
        return True
    if name == "label":
        return tag in _LABELLED
    if name == "value":
        return tag == "input" and attrs.get("type", "").strip().lower() in _BUTTONS
    if name == "content" and tag == "meta":
        return any(attrs.get(key, "").strip().lower() in _META for key in ("name", "property"))
    return False


def says_translate(attrs: Mapping[str, str]) -> bool | None:
    """Whether an element's attributes ask for translation or forbid it; None if they do neither."""
    for name in ("translate", "its:translate"):
        value = attrs.get(name)
        if value is not None:
            value = value.strip().lower()
            if value == "no":
                return False
            if value == "yes" or (value == "" and name == "translate"):
                return True
    if "notranslate" in attrs.get("class", "").lower().split():
        return False
    return None
