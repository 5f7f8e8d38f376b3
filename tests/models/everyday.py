"""A stream of everyday speech through a real session, word by word, each word answered."""

from tests.unit.driver import Driver
from translator.documents.plain import TextTranslation
from translator.engine.engine import Engine
from translator.languages.pair import LanguagePair
from translator.models.marian.recurrent import RecurrentModel
from translator.policy.registry import Latency, resolve
from translator.session.events import Binding, ResumeState, SessionConfig
from translator.text.segmenter import Segmenter

__all__ = ["Everyday"]

# Of speech: seconds a word.
_WORD_S = 0.4


class Everyday:
    """One speaker after the other, in real time on a clock of its own."""

    def __init__(
        self,
        model: RecurrentModel,
        pair: LanguagePair,
        latency: Latency = Latency.BALANCED,
    ) -> None:
        self._model = model
        self._binding = Binding(pair.target, model.info, model.tokenizer(pair))
        self._segmenter = Segmenter(pair.source)
        policy = resolve(latency, pair.source, pair.target, has_open_end=model.info.has_open_end)
        self._config = SessionConfig(
            bindings=(self._binding,),
            policy=policy,
            segmenter=self._segmenter,
        )
        self.driver = Driver(self._config, model)
        self._reader = self.driver.readers[pair.target]
        self._media_s = 0.0

    def say(self, text: str, speaker: str = "") -> None:
        """Say words at the pace of speech, with their media times."""
        for word in text.split():
            end_s = self._media_s + _WORD_S
            self.driver.say(word + " ", start_s=self._media_s, end_s=end_s, speaker=speaker)
            self._media_s = end_s
            self.driver.rest(_WORD_S)

    def break_off(self) -> None:
        """The stream breaks, and another one goes on with the segment that is open."""
        said = self.driver.source[self._reader.source_start :]
        pair = self._binding.target
        resume = ResumeState({pair: self._reader.resumed(said)})
        readers = {pair: self._reader.go_on()}
        self.driver = Driver(self._config, self._model, resume=resume, readers=readers)
        self._reader = readers[pair]
        self.driver.source = said
        self.driver.settle()

    def pause(self, seconds: float) -> None:
        """Say nothing for a while."""
        self._media_s += seconds
        self.rest(seconds)

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        self.driver.rest(seconds)

    def end(self, how: str) -> None:
        """Tell the end of the segment."""
        if how == "flush":
            self.driver.flush()
        elif how == "end_of_segment":
            self.driver.say("", end_of_segment=True)
        elif how == "rest":
            self.rest(10.0)
        elif how == "speaker":
            self.driver.say("And what do you think?", speaker="B")
        if how == "half-close":
            self.driver.end()
        self.driver.settle()

    @property
    def shown(self) -> str:
        """What a reader sees of the open segment."""
        return self._reader.shown

    @property
    def closed(self) -> list[str]:
        """Committed text of the segments that are closed."""
        return self._reader.final_texts

    def whole(self, text: str) -> str:
        """What a request for the whole text says."""
        engine = Engine({self._model.info.name: self._model})
        job = TextTranslation("", self._binding, self._segmenter, text)
        for request in filter(None, job.ask()):
            engine.submit(request)
        for outcome in engine.run():
            job.accept(outcome)
        return job.result(alignments=False)[0]
