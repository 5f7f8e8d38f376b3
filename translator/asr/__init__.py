"""From a recogniser's results to source updates: committed text, tentative text, segment ends.

One small state machine for each recogniser. It takes the vendor's messages as they come, decoded
from JSON, and gives ``SourcePiece``s, whose fields are the arguments of the client's ``send`` and,
with a sequence number, of the session's ``SourceUpdate``::

    results = DeepgramResults()
    async for message in socket:
        for piece in results.accept(json.loads(message)):
            await stream.send(**asdict(piece))
"""

from translator.asr.aws_transcribe import AwsTranscribeResults
from translator.asr.deepgram import DeepgramResults
from translator.asr.elitr import ElitrResults, ElitrSentences
from translator.asr.interim import InterimResults
from translator.asr.piece import SourcePiece
from translator.asr.simulstreaming import SimulStreamingResults
from translator.asr.speechmatics import SpeechmaticsResults
from translator.asr.watson import WatsonResults
from translator.asr.whisper_live import WhisperLiveResults
from translator.asr.writer import Results

__all__ = [
    "AwsTranscribeResults",
    "DeepgramResults",
    "ElitrResults",
    "ElitrSentences",
    "InterimResults",
    "Results",
    "SimulStreamingResults",
    "SourcePiece",
    "SpeechmaticsResults",
    "WatsonResults",
    "WhisperLiveResults",
]
