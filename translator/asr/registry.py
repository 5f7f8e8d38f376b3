"""All recognisers by name."""

from collections.abc import Mapping

from translator.asr.assemblyai import AssemblyAiResults
from translator.asr.aws_transcribe import AwsTranscribeResults
from translator.asr.azure import AzureResults
from translator.asr.deepgram import DeepgramResults
from translator.asr.deepgram_flux import DeepgramFluxResults
from translator.asr.elitr import ElitrResults, ElitrSentences
from translator.asr.events import EventResults
from translator.asr.google import GoogleResults
from translator.asr.interim import InterimResults
from translator.asr.openai import OpenAiResults
from translator.asr.rolling import RollingCaptions
from translator.asr.simulstreaming import SimulStreamingResults
from translator.asr.soniox import SonioxResults
from translator.asr.speechmatics import SpeechmaticsResults
from translator.asr.vosk import VoskResults
from translator.asr.watson import WatsonResults
from translator.asr.web_speech import WebSpeechResults
from translator.asr.whisper_live import WhisperLiveResults
from translator.asr.writer import Results

__all__ = ["RECOGNISERS"]

# A class without arguments makes the adapter; docs/asr.md has what each takes.
RECOGNISERS: Mapping[str, type[Results]] = {
    "assemblyai": AssemblyAiResults,
    "aws-transcribe": AwsTranscribeResults,
    "azure": AzureResults,
    "deepgram": DeepgramResults,
    "deepgram-flux": DeepgramFluxResults,
    "elitr": ElitrResults,
    "elitr-sentences": ElitrSentences,
    "events": EventResults,
    "google": GoogleResults,
    "interim": InterimResults,
    "openai": OpenAiResults,
    "rolling": RollingCaptions,
    "simulstreaming": SimulStreamingResults,
    "soniox": SonioxResults,
    "speechmatics": SpeechmaticsResults,
    "vosk": VoskResults,
    "watson": WatsonResults,
    "web-speech": WebSpeechResults,
    "whisper-live": WhisperLiveResults,
}
