"""Translation in this process, without a server: ``from translator.local import Translator``."""

from translator.local.driver import settle
from translator.local.results import Alignment, Translation, Update
from translator.local.stream import Stream
from translator.local.translator import Translator
from translator.policy.registry import Latency, PolicyChoice
from translator.session.events import Rests
from translator.session.report import SessionReport

__all__ = [
    "Alignment",
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
