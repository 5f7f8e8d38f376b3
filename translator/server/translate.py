"""Translate: several texts of one request, through the same engine as the streams."""

import asyncio
import uuid

from translator.engine.request import Outcome, Request
from translator.errors import InvalidRequestError, TranslatorError
from translator.server import convert
from translator.server.context import ServerContext
from translator.server.status import from_error
from translator.server.validation import resolve_translate, segment_limits
from translator.session.events import Binding
from translator.session.text import TextTranslation
from translator.text.segmenter import Segmenter
from translator.v1 import translate_pb2

__all__ = ["translate_texts"]


async def translate_texts(
    request: translate_pb2.TranslateRequest, server: ServerContext
) -> translate_pb2.TranslateResponse:
    """Translate each text; one that fails says so in its own status.

    Raises:
        ClientError: The request as a whole cannot be served.
    """
    limits = server.config.limits
    route = resolve_translate(request, server.catalog, limits)
    first, *further = (
        Binding(request.target_language_code, leg.model.info, leg.tokenizer) for leg in route.legs
    )
    segmenter = Segmenter(request.source_language_code, segment_limits(limits))
    key = f"translate-{uuid.uuid4().hex}"
    tasks: list[asyncio.Task[translate_pb2.Translation]] = []
    length = 0

    async def translate(index: int, text: str) -> translate_pb2.Translation:
        result = translate_pb2.Translation(model="+".join(route.models))
        try:
            if length_until[index] > limits.max_text_length:
                raise InvalidRequestError(
                    f"texts[{index}]",
                    f"makes {length_until[index]} code points with the texts before it; "
                    f"at most {limits.max_text_length} are allowed in a request",
                )
            translation = TextTranslation(f"{key}-{index}", first, segmenter, text)
            for outcome in await _run(server, translation.requests):
                translation.accept(outcome)
            for binding in further:
                translation.go_on(binding)
                for outcome in await _run(server, translation.requests):
                    translation.accept(outcome)
            result.text, aligned = translation.result(alignments=request.alignments)
            result.alignments.extend(convert.alignment(a) for a in aligned)
        except TranslatorError as error:
            server.metrics.errors.labels(error.reason).inc()
            result.status.CopyFrom(from_error(error))
        return result

    length_until: list[int] = []
    for text in request.texts:
        length += len(text)
        length_until.append(length)
    async with asyncio.TaskGroup() as group:
        for index, text in enumerate(request.texts):
            tasks.append(group.create_task(translate(index, text)))
    return translate_pb2.TranslateResponse(translations=[task.result() for task in tasks])


async def _run(server: ServerContext, requests: list[Request]) -> list[Outcome]:
    """The outcomes of all requests, in order; cancelled together."""
    return await asyncio.gather(*(server.engine.translate(request) for request in requests))
