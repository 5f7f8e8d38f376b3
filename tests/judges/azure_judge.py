"""azure-ai-translation-text 1.x, which speaks version 3.0: ``python azure_judge.py URL``."""

import json
import sys
from typing import Any

from azure.ai.translation.text import TextTranslationClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError

# What is installed beside it is the generation after this one.
client: Any = TextTranslationClient(
    endpoint=sys.argv[1], credential=AzureKeyCredential("any"), region="here"
)


def texts(answer: Any) -> list[list[str]]:
    return [[each.text for each in item.translations] for item in answer]


def refusal(call: Any) -> list[object]:
    try:
        return [str(call())]
    except HttpResponseError as error:
        return [error.status_code, error.error and error.error.code]


TWO = ["Good morning to all of you. Who is it?", "Two."]
whole = client.translate(
    body=TWO, to_language=["pt"], include_sentence_length=True, include_alignment=True
)
[page] = client.translate(
    body=["<p>One.</p>"], to_language=["pt"], from_language="en", text_type="html"
)
languages = client.get_supported_languages()
sys.stdout.write(
    json.dumps(
        {
            "many": texts(client.translate(body=TWO, to_language=["pt", "de"], from_language="en")),
            "detected": whole[0].detected_language.language,
            "lengths": [
                list(whole[0].translations[0].sent_len.src_sent_len),
                list(whole[0].translations[0].sent_len.trans_sent_len),
            ],
            "alignment": whole[0].translations[0].alignment.proj,
            "page": page.translations[0].text,
            "languages": {code: each.name for code, each in languages.translation.items()},
            "dictionary": len(languages.dictionary),
            "sentences": [
                list(each.sent_len) for each in client.find_sentence_boundaries(body=TWO)
            ],
            "refused": refusal(lambda: client.translate(body=["One."], to_language=["fr"])),
            "word": refusal(
                lambda: client.lookup_dictionary_entries(
                    body=["fly"], from_language="en", to_language="pt"
                )
            ),
            "script": refusal(
                lambda: client.transliterate(
                    body=["x"], language="ja", from_script="Jpan", to_script="Latn"
                )
            ),
        }
    )
)
