"""Converts between the messages of a batch and the types of the service."""

from collections.abc import Iterator

from translator.config import Limits
from translator.errors import InvalidRequestError, NotKeptError
from translator.fronts.grpc.convert import duration, seconds, texts_request, translated
from translator.service.batch_requests import (
    BatchAnswer,
    BatchConfig,
    BatchCredit,
    BatchItem,
    BatchMessage,
    BatchReport,
    BatchResult,
    BatchResults,
    BatchStarted,
)
from translator.service.requests import GoAway, Origin
from translator.status import logged_status
from translator.v1 import batch_pb2, streaming_pb2

__all__ = ["batch_answer", "batch_messages"]

_Response = batch_pb2.BatchTranslateResponse
_ORIGINS = {
    Origin.ENGINE: batch_pb2.BatchResult.ORIGIN_ENGINE,
    Origin.CACHE: batch_pb2.BatchResult.ORIGIN_CACHE,
    Origin.SOURCE: batch_pb2.BatchResult.ORIGIN_SOURCE,
}


def batch_messages(message: batch_pb2.BatchTranslateRequest) -> Iterator[BatchMessage]:
    """Convert a client's message in a batch; one with several items is as many.

    Raises:
        InvalidRequestError: It is empty.
    """
    match message.WhichOneof("request"):
        case "item":
            yield _item(message.item)
        case "items":
            if not message.items.items:
                raise InvalidRequestError("items", "is empty; at least one item is needed")
            yield from map(_item, message.items.items)
        case "config":
            config = message.config
            heartbeat_s = None
            if config.HasField("heartbeat_interval"):
                heartbeat_s = seconds("config.heartbeat_interval", config.heartbeat_interval)
            yield BatchConfig(texts_request(config), heartbeat_s, config.bundled_results)
        case _:
            raise InvalidRequestError(
                "request",
                "is not set; allowed: config, which the first message of a batch has to be, "
                "item or items",
            )


def _item(item: batch_pb2.BatchItem) -> BatchItem:
    return BatchItem(item.id, item.text, item.max_length, item.mime_type)


def batch_answer(answer: BatchAnswer, limits: Limits) -> batch_pb2.BatchTranslateResponse:
    """Convert an answer in a batch; ``limits`` are sent with the first one."""
    match answer:
        case BatchResults(results=(result,)):
            return _Response(result=_result(result))
        case BatchResults(results=results):
            return _Response(results=batch_pb2.BatchResults(results=map(_result, results)))
        case BatchCredit():
            credit = batch_pb2.BatchCredit(items=answer.items, code_points=answer.length)
            return _Response(credit=credit)
        case BatchStarted():
            return _Response(started=_started(answer, limits))
        case GoAway():
            return _Response(go_away=streaming_pb2.GoAway(within=duration(answer.within_s)))
        case BatchReport():
            return _Response(report=_report(answer))


def _started(answer: BatchStarted, limits: Limits) -> batch_pb2.BatchStarted:
    return batch_pb2.BatchStarted(
        batch_id=answer.batch_id,
        model=answer.model,
        fingerprint=answer.fingerprint,
        limits=batch_pb2.BatchLimits(
            max_items=limits.max_batch_items,
            max_length=limits.max_batch_length,
            max_item_length=limits.max_item_length,
            heartbeat_interval=duration(answer.heartbeat_s),
        ),
    )


def _result(answer: BatchResult) -> batch_pb2.BatchResult:
    result, error = answer.result, answer.result.error
    message = batch_pb2.BatchResult(
        id=answer.id, translation=translated(result), too_long=answer.too_long
    )
    if error is not None:
        message.status.CopyFrom(logged_status(error))
    if error is None or isinstance(error, NotKeptError):
        message.origin = _ORIGINS[result.origin]
    return message


def _report(answer: BatchReport) -> batch_pb2.BatchReport:
    return batch_pb2.BatchReport(
        items=answer.items,
        failed_items=answer.failed,
        source_words=answer.source_words,
        target_words=answer.target_words,
        origins=[
            batch_pb2.BatchOrigin(origin=_ORIGINS[origin], items=number)
            for origin, number in sorted(answer.origins.items())
        ],
        duration=duration(answer.duration_s),
    )
