"""Translation in this process, without a server: ``from translator.local import Translator``."""

from translator import DISTRIBUTION

try:
    from translator.local.driver import settle
    from translator.local.results import Alignment, BatchResult, BatchText, Translation, Update
    from translator.local.stream import Stream
    from translator.local.translator import Translator
    from translator.policy.registry import Latency, PolicyChoice
    from translator.session.events import Rests
    from translator.session.report import SessionReport
except ModuleNotFoundError as error:
    if (error.name or "").startswith("translator"):
        raise
    raise ModuleNotFoundError(
        f"translator.local needs the package {error.name}, which is not installed: "
        f"pip install '{DISTRIBUTION}[server]'",
        name=error.name,
    ) from error

__all__ = [
    "Alignment",
    "BatchResult",
    "BatchText",
    "Latency",
    "PolicyChoice",
    "Rests",
    "SessionReport",
    "Stream",
    "Translation",
    "Translator",
    "Update",
    "settle",
]
