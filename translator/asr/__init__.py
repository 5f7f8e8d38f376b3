"""Turns a speech recogniser's results into source updates.

There is a small state machine for each recogniser. It takes the vendor's messages, decoded from
JSON, and returns ``SourcePiece``s. Their fields are the arguments of the client's ``send``::

    results = DeepgramResults()
    async for message in socket:
        for piece in results.accept(json.loads(message)):
            await stream.send(**asdict(piece))
"""

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
from translator.asr.piece import ResultsWarning, SourcePiece
from translator.asr.registry import RECOGNISERS
from translator.asr.rolling import RollingCaptions
from translator.asr.simulstreaming import SimulStreamingResults
from translator.asr.soniox import SonioxResults
from translator.asr.speechmatics import SpeechmaticsResults
from translator.asr.vosk import VoskResults
from translator.asr.watson import WatsonResults
from translator.asr.web_speech import WebSpeechResults
from translator.asr.whisper_live import WhisperLiveResults
from translator.asr.writer import Results

__all__ = [
    "RECOGNISERS",
    "AssemblyAiResults",
    "AwsTranscribeResults",
    "AzureResults",
    "DeepgramFluxResults",
    "DeepgramResults",
    "ElitrResults",
    "ElitrSentences",
    "EventResults",
    "GoogleResults",
    "InterimResults",
    "OpenAiResults",
    "Results",
    "ResultsWarning",
    "RollingCaptions",
    "SimulStreamingResults",
    "SonioxResults",
    "SourcePiece",
    "SpeechmaticsResults",
    "VoskResults",
    "WatsonResults",
    "WebSpeechResults",
    "WhisperLiveResults",
]
