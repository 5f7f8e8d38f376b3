"""What is done with each column of a table: by its name, or by what shops call theirs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from translator.errors import InvalidRequestError
from translator.jobs.cells import Kind, Rule

__all__ = ["PRESETS", "Preset", "parse_rule", "preset_for"]

# "body:html", "title:text,max=150", "Default content:html,into=Translated content"
_OPTION = re.compile(r"(max|into|markup)=(.+)")


@dataclass(frozen=True, slots=True)
class Preset:
    """The rules for the tables of a shop.

    Attributes:
        needed: The columns by which such a table is known.
        rules: What is done with those that it has.
    """

    needed: frozenset[str]
    rules: Mapping[str, Rule]


_TEXT, _HTML = Rule(Kind.TEXT), Rule(Kind.HTML)
_LIQUID = Rule(Kind.HTML, templates=("liquid",))
_MAGENTO = Rule(Kind.HTML, templates=("magento",))

PRESETS: Mapping[str, Preset] = {
    "shopify-products": Preset(
        frozenset({"Handle", "Title", "Body (HTML)"}),
        {
            "Title": Rule(max_length=255),
            "Body (HTML)": _LIQUID,
            "Option1 Name": _TEXT,
            "Option1 Value": _TEXT,
            "Option2 Name": _TEXT,
            "Option2 Value": _TEXT,
            "Option3 Name": _TEXT,
            "Option3 Value": _TEXT,
            "Image Alt Text": Rule(max_length=512),
            "SEO Title": Rule(max_length=70),
            "SEO Description": Rule(max_length=320),
        },
    ),
    "shopify-translations": Preset(
        frozenset({"Type", "Identification", "Field", "Default content", "Translated content"}),
        {"Default content": Rule(Kind.HTML, into="Translated content", templates=("liquid",))},
    ),
    "magento-products": Preset(
        frozenset({"sku", "name", "description", "attribute_set_code"}),
        {
            "name": Rule(max_length=255),
            "description": _MAGENTO,
            "short_description": _MAGENTO,
            "meta_title": Rule(max_length=255),
            "meta_keywords": _TEXT,
            "meta_description": Rule(max_length=255),
        },
    ),
    "magento-cms": Preset(
        frozenset({"title", "identifier", "content"}),
        {"title": Rule(max_length=255), "content": _MAGENTO},
    ),
    "google-merchant": Preset(
        frozenset({"id", "title", "description", "link"}),
        {"title": Rule(max_length=150), "description": Rule(max_length=5000)},
    ),
    "etsy-listings": Preset(
        frozenset({"TITLE", "DESCRIPTION", "CURRENCY_CODE", "MATERIALS"}),
        {"TITLE": Rule(max_length=140), "DESCRIPTION": _TEXT},
    ),
    "woocommerce": Preset(
        frozenset({"SKU", "Name", "Short description", "Description"}),
        {
            "Name": _TEXT,
            "Short description": _HTML,
            "Description": _HTML,
            "Purchase note": _TEXT,
            "Button text": _TEXT,
        },
    ),
}


def preset_for(columns: Iterable[str]) -> str:
    """The name of the preset that a header fits, the one that needs most; empty if none does."""
    names = set(columns)
    fitting = [name for name, preset in PRESETS.items() if preset.needed <= names]
    return max(fitting, key=lambda name: len(PRESETS[name].needed), default="")


def parse_rule(text: str) -> tuple[str, Rule]:
    """Read a rule, such as ``body:html``.

    It is ``COLUMN[:KIND][,max=N][,into=COLUMN][,markup=SYNTAX…][,numbers]``.

    Raises:
        InvalidRequestError: It is not of this form.
    """
    named, *options = text.split(",")
    column, _, kind = named.rpartition(":")
    if not column:
        column, kind = kind, Kind.TEXT
    if kind not in set(Kind):
        raise InvalidRequestError(
            "column", f"is {text!r}: {kind!r} is no kind of text; allowed: {', '.join(Kind)}"
        )
    rule = Rule(Kind(kind))
    for option in options:
        if option.strip() == "numbers":
            rule = replace(rule, numbers=True)
            continue
        match = _OPTION.fullmatch(option.strip())
        if match is None or (match[1] == "max" and not match[2].isdecimal()):
            raise InvalidRequestError(
                "column",
                f"is {text!r}: {option!r} is no option; allowed: max=N, into=COLUMN, "
                "markup=SYNTAX, numbers",
            )
        if match[1] == "max":
            rule = replace(rule, max_length=int(match[2]))
        elif match[1] == "into":
            rule = replace(rule, into=match[2])
        else:
            rule = replace(rule, templates=(*rule.templates, match[2]))
    return column.strip(), rule
