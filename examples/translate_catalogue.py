"""Translate what a shop has: terms of its own, a page, a page with template syntax.

Run it beside a server: python examples/translate_catalogue.py localhost:50051
"""

import sys

from translator.client import TranslatorClient

# "cart" is to be "cesta", and the brand is not translated.
GLOSSARY = {"cart": "cesta", "Blue Door": ""}
TEXTS = ["Your cart is empty.", "Blue Door ships {count} items to info@shop.example for £5."]
PAGE = '<p class="note">Add the <b>red</b> chair to your cart.</p><code>x = 1</code>'
TEMPLATE = "<p>Hello, {{ customer.name }}!{% if new %} Welcome.{% endif %}</p>"


def main(address: str) -> None:
    with TranslatorClient(address) as client:
        for translation in client.translate(TEXTS, "en", "pt", glossary=GLOSSARY):
            print(translation.error or translation.text)
            for term in translation.terms:
                print(f"  entry {term.entry} was {term.how}")
            for issue in translation.quality_issues:
                print(f"  a {issue.kind} is missing")
        [page] = client.translate([PAGE], "en", "pt", mime_type="text/html", glossary=GLOSSARY)
        print(page.error or page.text)
        [template] = client.translate(
            [TEMPLATE], "en", "pt", mime_type="text/html", markup=["liquid"]
        )
        print(template.error or template.text)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "localhost:50051")
