"""Destinations that are reached over HTTP: Zoom, YouTube Live, Teams, vMix, a webhook."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2

from translator.captions.sinks.feed import Message
from translator.captions.sinks.transport import SinkError

__all__ = ["HttpTransport", "Teams", "VMix", "Webhook", "YouTube", "Zoom"]

# A destination that takes longer has not taken it.
_TIMEOUT_S = 5.0
# Of an answer so much is read.
_MAX_ANSWER = 64


class HttpTransport(ABC):
    """Sends each message as one request.

    A redirect is not followed: captions go to the host that was named, and to no other.

    Args:
        url: Where requests go, with the destination's own key in it.
        language: BCP-47 code of the captions.

    Raises:
        ValueError: It is no URL of HTTP.
    """

    def __init__(self, url: str, language: str = "") -> None:
        try:
            self.url = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise ValueError(f"not a URL: {error}") from None
        if self.url.scheme not in ("http", "https") or not self.url.host:
            raise ValueError("a URL that begins with http:// or https:// is needed")
        self.language = language
        self._client = httpx2.AsyncClient(
            timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False
        )

    async def send(self, message: Message) -> None:
        """See ``Transport.send``."""
        await self._answer(self.request(message))

    async def last_seq(self) -> int:
        """0: most destinations do not say."""
        return 0

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @abstractmethod
    def request(self, message: Message) -> httpx2.Request:
        """The request that sends a message."""

    async def _answer(self, request: httpx2.Request) -> str:
        """The beginning of the answer to a request.

        Raises:
            SinkError: There is none, or it says no.
        """
        host = self.url.host
        try:
            response = await self._client.send(request, stream=True)
            try:
                text = ""
                async for part in response.aiter_text():
                    text += part
                    if len(text) >= _MAX_ANSWER:
                        break
            finally:
                await response.aclose()
        except httpx2.TimeoutException:
            raise SinkError(f"{host} did not answer within {_TIMEOUT_S:g} s") from None
        except httpx2.HTTPError as error:
            raise SinkError(f"{host} {_failure(error)}") from None
        if response.is_redirect:
            raise SinkError(f"{host} redirects to another address, which is not followed")
        if not response.is_success:
            raise SinkError(f"{host} answers {response.status_code} {response.reason_phrase}")
        return text[:_MAX_ANSWER]

    def _post(self, url: httpx2.URL, text: str) -> httpx2.Request:
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        return self._client.build_request("POST", url, content=text.encode(), headers=headers)


def _failure(error: httpx2.HTTPError) -> str:
    """What went wrong, for people; the error's own text may have the URL, with its key."""
    match error:
        case httpx2.ConnectError() if "CERTIFICATE" in str(error):
            return "has a certificate that is not trusted"
        case httpx2.ConnectError():
            return "cannot be reached: nobody answers there"
        case httpx2.NetworkError() | httpx2.RemoteProtocolError():
            return "broke the connection off"
    return f"cannot be reached: {type(error).__name__}"


class Zoom(HttpTransport):
    """A meeting's caption URL, "Copy the API token" in Zoom.

    https://developers.zoom.us/docs/api/rest/third-party-closed-caption/
    """

    def request(self, message: Message) -> httpx2.Request:
        url = self.url.copy_merge_params({"seq": str(message.seq), "lang": self.language})
        return self._post(url, "\n".join(message.lines))

    async def last_seq(self) -> int:
        """Zoom says which message it had last."""
        url = self.url.copy_with(path=self.url.path.rstrip("/") + "/seq")
        answer = await self._answer(self._client.build_request("GET", url))
        return int(answer) if answer.strip().isdecimal() else 0


class YouTube(HttpTransport):
    """A stream's caption ingestion URL, "Closed captions: POST captions to URL" in YouTube.

    https://support.google.com/youtube/answer/6077032

    Args:
        url: The URL.
        language: BCP-47 code of the captions.
        clock: Seconds since 1970.
    """

    def __init__(
        self, url: str, language: str = "", clock: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__(url, language)
        self._clock = clock or (lambda: datetime.now(UTC))

    def request(self, message: Message) -> httpx2.Request:
        time = self._clock().astimezone(UTC).isoformat(timespec="milliseconds")[:23]
        text = "<br>".join(message.lines)
        url = self.url.copy_merge_params({"seq": str(message.seq)})
        return self._post(url, f"{time}\n{text}\n")


class Teams(HttpTransport):
    """A meeting's CART URL, "Provide CART captions" in Teams.

    https://learn.microsoft.com/microsoftteams/cart-captions
    """

    def request(self, message: Message) -> httpx2.Request:
        return self._post(self.url, "\n".join(message.lines))


class Webhook(HttpTransport):
    """Any program that takes JSON: ``{"seq": 1, "language": "pt", "lines": ["…"]}``."""

    def request(self, message: Message) -> httpx2.Request:
        body = {"seq": message.seq, "language": self.language, "lines": list(message.lines)}
        return self._client.build_request("POST", self.url, json=body)


class VMix(HttpTransport):
    """A title of vMix, by its web controller: ``http://HOST:8088/?Input=1&SelectedName=Text.Text``.

    https://www.vmix.com/help27/DeveloperAPI.html
    """

    def request(self, message: Message) -> httpx2.Request:
        function = {"Function": "SetText", "Value": "\n".join(message.lines)}
        url = self.url.copy_with(path="/api/").copy_merge_params(function)
        return self._client.build_request("GET", url)
