"""A catalogue of 200 products, as a shop exports one: made up for this project."""

import csv
import io
import itertools

__all__ = ["COLUMNS", "catalogue"]

COLUMNS = ("sku", "title", "body", "price", "ean", "mail_subject")

_THINGS = (
    ("Wool blanket", "A soft blanket for cold evenings.", "Wash at 30 °C, do not tumble dry."),
    ("Desk lamp", "The lamp turns in every direction.", "Uses 7 W and lasts 15 years."),
    ("Hiking boots", "The boots keep your feet dry.", "Made of leather & recycled rubber."),
    ("Tea pot", "The pot keeps tea warm for two hours.", "Holds 1.2 litres."),
    ("Garden chair", "The chair folds in one movement.", "Carries up to 120 kg."),
    ("Rain jacket", "The jacket fits in its own pocket.", "Weighs only 280 g."),
    ("Kitchen knife", "The blade stays sharp for years.", "Never put it in the dishwasher!"),
    ("Travel bag", "The bag has room for a weekend.", "Meets the limits of most airlines."),
    ("Wooden puzzle", "The puzzle has 48 pieces.", "Not for children under 3 years."),
    ("Bicycle bell", "The bell is small, but loud.", "Fits bars of 22.2 mm."),
)
_COLOURS = ("blue", "red", "green", "black")
_SIZES = ("S", "M", "L", "XL", "XXL")
_SHIPPING = "Orders over £50 are shipped free. Questions? Write to help@example.com."


def catalogue() -> str:
    """The catalogue as CSV, with a header and 200 records."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, (thing, colour, size) in enumerate(itertools.product(_THINGS, _COLOURS, _SIZES), 1):
        name, first, second = thing
        sku = f"{name[:2].upper()}-{number:04}-{size}"
        body = (
            f"<p><strong>{name}</strong>, {colour}, size {size}. {first}</p>\n<ul>\n"
            f"  <li>{second.replace('&', '&amp;')}</li>\n"
            f'  <li>Item no. <code>{sku}</code></li>\n</ul>\n<p class="small">{_SHIPPING}</p>'
        )
        writer.writerow(
            (
                sku,
                f"{name} in {colour}, size {size}",
                body,
                f"£{9 + number % 40}.90",
                f"00{12345670000 + number}",
                "{customer}, your order %s is on its way" if number % 10 == 1 else "",
            )
        )
    return file.getvalue()
