"""google-cloud-translate, with all that the front serves: ``python google_judge.py HOST:PORT``."""

import json
import sys
from pathlib import Path
from typing import Any

import grpc

from translator.fronts.rpc.descriptors import service_in

# Ours are there before those of the client, which have the same names.
service_in(Path(__file__).parents[2] / "translator" / "fronts" / "google" / "messages.binpb")

from google.api_core.exceptions import GoogleAPICallError  # noqa: E402
from google.cloud import translate_v3  # noqa: E402

Transport = translate_v3.TranslationServiceClient.get_transport_class("grpc")
transport = Transport(channel=grpc.insecure_channel(sys.argv[1]))
client = translate_v3.TranslationServiceClient(transport=transport)
PARENT = "projects/mine/locations/global"


def translated(contents: list[str], **fields: Any) -> Any:
    asked = {
        "parent": PARENT, "contents": contents, "mime_type": "text/plain",
        "source_language_code": "en", "target_language_code": "pt", "labels": {"team": "mine"},
    }  # fmt: skip
    return client.translate_text(
        request=asked | fields, metadata=[("authorization", "Bearer any")], timeout=30
    )


def texts(answer: Any) -> list[str]:
    return [each.translated_text for each in answer.translations]


def refusal(call: Any) -> list[str]:
    try:
        return [str(call())]
    except GoogleAPICallError as error:
        return [type(error).__name__, error.message]


def fields_of(call: Any) -> list[str]:
    """The fields that an error's details name."""
    try:
        return [str(call())]
    except GoogleAPICallError as error:
        violations = [each for each in error.details if hasattr(each, "field_violations")]
        return [each.field for detail in violations for each in detail.field_violations]


detected = translated(["Good morning to all of you."], source_language_code="")
glossary = {"glossary": client.glossary_path("mine", "global", "shop")}
terms = translated(["The cart."], glossary_config=glossary)
languages = client.get_supported_languages(parent=PARENT, display_language_code="en").languages
question = client.detect_language(parent=PARENT, content="Onde fica a estação, por favor?")
found = {
    "flat": texts(
        client.translate_text(parent=PARENT, target_language_code="pt", contents=["Good morning."])
    ),
    "many": texts(translated(["One.", "Two."])),
    "html": texts(translated(["<p>One <b>two</b>.</p>"], mime_type="text/html")),
    "detected": detected.translations[0].detected_language_code,
    "model": translated(["One."], model=f"{PARENT}/models/general/nmt").translations[0].model,
    "terms": [each.translated_text for each in terms.glossary_translations],
    "languages": {each.language_code: each.display_name for each in languages},
    "question": question.languages[0].language_code,
    "refused": refusal(lambda: translated(["One."], target_language_code="tlh")),
    "fields": fields_of(lambda: translated([])),
    "glossaries": refusal(lambda: list(client.list_glossaries(parent=PARENT))),
}
sys.stdout.write(json.dumps(found))
