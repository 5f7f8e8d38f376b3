"""nvidia-riva-client, with all that the front serves: ``python riva_judge.py HOST:PORT``."""

import json
import sys
from pathlib import Path
from typing import Any

import grpc

from translator.fronts.rpc.descriptors import service_in

# Ours are there before those of the client, which have the same names.
service_in(Path(__file__).parents[2] / "translator" / "fronts" / "riva" / "messages.binpb")

import riva.client  # noqa: E402

auth = riva.client.Auth(uri=sys.argv[1], metadata_args=[["authorization", "Bearer any"]])
nmt = riva.client.NeuralMachineTranslationClient(auth)


def texts(answer: Any) -> list[str]:
    return [each.text for each in answer.translations]


def refusal(call: Any) -> list[str]:
    try:
        return [str(call())]
    except grpc.RpcError as error:
        return [error.code().name, str(error.details())]


languages = nmt.get_config("").languages
speech = riva.client.StreamingTranslateSpeechToTextConfig(
    translation_config=riva.client.TranslationConfig(
        source_language_code="en-US", target_language_code="pt-BR"
    )
)
found = {
    "one": texts(nmt.translate(["Good morning."], "", "en-US", "pt-BR")),
    "many": texts(nmt.translate(["One.", "Two."], "capitals", "en", "pt", max_len_variation="50")),
    "later": texts(nmt.translate(["One."], "", "en", "pt", future=True).result()),
    "terms": texts(
        nmt.translate(
            ["The lamp of Blue Door."], "", "en", "pt",
            dnt_phrases_dict={"Blue Door": "", "lamp": "candeia"},
        )
    ),
    "languages": {
        name: [list(pair.src_lang), list(pair.tgt_lang)] for name, pair in languages.items()
    },
    "refused": refusal(lambda: nmt.translate(["One."], "", "en", "tlh")),
    "speech": refusal(lambda: list(nmt.streaming_s2t_response_generator([b"0" * 320] * 3, speech))),
}  # fmt: skip
sys.stdout.write(json.dumps(found))
