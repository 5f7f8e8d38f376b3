"""The fronts of a gateway as one ASGI app: routes, errors, metrics and who called."""

import logging
import re
import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import NamedTuple, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from translator.client.traces import trace_metadata
from translator.errors import ServiceError, TranslatorError, UnauthenticatedError
from translator.fronts.web.fields import BodyError
from translator.fronts.web.hub import TRACEPARENT
from translator.log import TRACE_ID, log_event
from translator.metrics import FrontMetrics
from translator.telemetry.spans import TraceHeaders, Tracer, trace_headers

__all__ = ["NO_SNIFFING", "Endpoint", "Front", "Neighbour", "count", "make_app"]

_log = logging.getLogger(__name__)
_audit = logging.getLogger("translator.audit")

# A browser must not take a file of somebody's for a page.
NO_SNIFFING = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
_MAX_NAME_LENGTH = 64
Handler = Callable[[Request], Awaitable[Response]]


class Endpoint(NamedTuple):
    """An address of a front, and what answers there.

    Attributes:
        parameter: Where another front has the same path, a request is this one's whose address has
            this parameter.
    """

    path: str
    handler: Handler
    methods: Sequence[str] = ("GET",)
    parameter: str = ""


class Front(Protocol):
    """A protocol that is served.

    Attributes:
        name: Its name in metrics and logs.
    """

    name: str

    def endpoints(self) -> Sequence[Endpoint]:
        """Its addresses."""
        ...

    def sockets(self) -> Sequence[BaseRoute]:
        """Its WebSockets."""
        ...

    def refusal(self, error: TranslatorError, request: Request) -> Response:
        """What a request is answered that fails with this."""
        ...


class Neighbour(NamedTuple):
    """Another app in the same process.

    Attributes:
        app: The app.
        owns: Whether a path is its own.
        running: It runs while this is open.
    """

    app: ASGIApp
    owns: Callable[[str], bool]
    running: AbstractAsyncContextManager[object]


def count(request: Request, characters: int) -> None:
    """Count source for the metrics and the log of this request."""
    request.state.characters = characters


def make_app(
    fronts: Sequence[Front],
    metrics: FrontMetrics,
    *,
    neighbour: Neighbour | None = None,
    origins: Sequence[str] = (),
    tracer: Tracer | None = None,
) -> ASGIApp:
    """The fronts, and what is served beside them.

    Args:
        fronts: The protocols.
        metrics: Count their requests.
        neighbour: An app beside them.
        origins: Web sites whose pages may call; "*": any.
        tracer: Begins a span for each request of a front; None: there are no spans, but a caller's
            trace is passed on.
    """
    tracer = tracer or Tracer()
    endpoints = [(front, each) for front in fronts for each in front.endpoints()]
    # Of two that have a path, the one that asks for a parameter is asked first.
    endpoints.sort(key=lambda each: not each[1].parameter)
    for_all = {each.path for _, each in endpoints if not each.parameter}
    addresses = [
        _Address(front, each, _watched(front, each, metrics, tracer), each.path in for_all)
        for front, each in endpoints
    ]
    routes: list[BaseRoute] = [_Addresses(addresses), Route("/healthz", _healthy)]
    for front in fronts:
        routes += front.sockets()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if neighbour is None:
            yield
            return
        async with neighbour.running:
            yield

    middleware = []
    if origins:
        middleware = [
            Middleware(
                CORSMiddleware,
                allow_origins=list(origins),
                allow_methods=["*"],
                allow_headers=["*"],
            )
        ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=middleware,
        exception_handlers={HTTPException: _not_served},
    )
    if neighbour is None:
        return app

    async def either(scope: Scope, receive: Receive, send: Send) -> None:
        is_theirs = scope["type"] != "lifespan" and neighbour.owns(scope["path"])
        await (neighbour.app if is_theirs else app)(scope, receive, send)

    return either


class _Address(Route):
    """The route of an endpoint.

    Args:
        front: Whose it is.
        endpoint: The endpoint.
        handler: Answers its requests.
        is_shared: Whether another front has the path for what lacks the parameter.
    """

    def __init__(self, front: Front, endpoint: Endpoint, handler: Handler, is_shared: bool) -> None:
        super().__init__(endpoint.path, handler, methods=list(endpoint.methods))
        self._front = front
        needed = re.escape(endpoint.parameter.encode()) if is_shared else b""
        self._has_parameter = re.compile(b"(?:^|&)" + needed + b"(?:[=&]|$)") if needed else None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self._has_parameter and not self._has_parameter.search(scope["query_string"]):
            return Match.NONE, {}
        return super().matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.methods and scope["method"] not in self.methods:
            error = BodyError(405, "Method not allowed")
            await self._front.refusal(error, Request(scope))(scope, receive, send)
            return
        await super().handle(scope, receive, send)


class _Addresses(BaseRoute):
    """All of them. One whose path has no parameters is looked up, since there are dozens.

    Args:
        addresses: The first that takes a request gets it; those without parameters go first.
    """

    _FOUND = "translator.address"

    def __init__(self, addresses: Sequence[_Address]) -> None:
        self._fixed: dict[str, list[_Address]] = {}
        self._others = [each for each in addresses if each.param_convertors]
        for each in addresses:
            if not each.param_convertors:
                self._fixed.setdefault(each.path, []).append(each)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        best: tuple[Match, Scope] = Match.NONE, {}
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        for each in (*self._fixed.get(path, ()), *self._others):
            match, told = each.matches(scope)
            if match.value > best[0].value:
                best = match, {**told, self._FOUND: each}
            if match is Match.FULL:
                break
        return best

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope[self._FOUND].handle(scope, receive, send)


def _watched(front: Front, endpoint: Endpoint, metrics: FrontMetrics, tracer: Tracer) -> Handler:
    """The handler, with its errors as answers; counted, traced and written down."""
    requests, seconds, characters = metrics.of(front.name)

    async def watched(request: Request) -> Response:
        began_s, reason, code = time.perf_counter(), "", "OK"
        request.state.characters = 0
        span = tracer.begin(front.name, _trace(request))
        TRACE_ID.set(span.trace_id)
        TRACEPARENT.set(span.traceparent)
        try:
            response = await endpoint.handler(request)
        except TranslatorError as error:
            reason, code = error.reason, error.status
            response = front.refusal(error, request)
        except ClientDisconnect:
            reason = code = "CANCELLED"
            response = Response(status_code=499)
        except Exception as error:
            # Its message may hold text, so only its place is told.
            place = traceback.extract_tb(error.__traceback__)[-1]
            _log.error("%s at %s:%s", type(error).__name__, place.filename, place.lineno)
            reason, code = ServiceError.reason, ServiceError.status
            response = front.refusal(
                ServiceError("an error of this server; it is in its log"), request
            )
        took_s = time.perf_counter() - began_s
        requests(response.status_code)
        seconds(took_s)
        characters(request.state.characters)
        span.set(
            {
                "http.route": endpoint.path,
                "http.response.status_code": response.status_code,
                "translator.source_characters": request.state.characters,
            }
        )
        # What strangers send is told nobody: a span that does not end is not sent.
        if code != UnauthenticatedError.status:
            span.end(code, reason)
        if _audit.isEnabledFor(logging.INFO):
            log_event(
                _audit,
                front.name,
                path=endpoint.path,
                peer=(request.client.host if request.client else "")[:_MAX_NAME_LENGTH],
                code=response.status_code,
                reason=reason,
                characters=request.state.characters,
                duration_s=round(took_s, 3),
            )
        return response

    return watched


async def _healthy(_: Request) -> Response:
    """The gateway runs, whatever its servers do."""
    return PlainTextResponse("ok\n")


def _trace(request: Request) -> TraceHeaders:
    """The caller's trace; none where it is not one."""
    headers = trace_headers(request.headers.items())
    try:
        trace_metadata(dict(headers).get("traceparent", ""))
    except ValueError:
        return ()
    return headers


async def _not_served(_: Request, error: Exception) -> Response:
    """The answer where no front has the address, as several protocols read it."""
    code = error.status_code if isinstance(error, HTTPException) else 500
    sentence = {404: "Not found"}.get(code, "Cannot be served")
    return JSONResponse({"error": sentence, "message": sentence}, code)
