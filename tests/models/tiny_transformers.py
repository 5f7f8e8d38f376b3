"""Folders of small Transformers models with random weights, one for each family."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MarianConfig,
    MarianMTModel,
    MBart50Tokenizer,
    MBartConfig,
    MBartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    NllbTokenizer,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

from translator.languages.pair import LanguagePair
from translator.models.base import Seq2SeqModel

TEXTS = (
    "the red boat sails past a small green island at noon while seven gulls follow it",
    "o barco vermelho passa por uma pequena ilha verde ao meio-dia e sete gaivotas o seguem",
    "she sold nine apples and a pear, then walked home in the rain",
)
EN_PT = LanguagePair("en", "pt")
# Networks of random parameters go on until they are stopped. Those of Marian say so much the same
# that they need a longer one to differ.
MAX_LENGTH = 24
SHAPE: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 3,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 128,
    "init_std": 0.4,
}
T5_SHAPE: dict[str, Any] = {
    "d_model": 32,
    "d_kv": 6,
    "d_ff": 48,
    "num_layers": 3,
    "num_decoder_layers": 3,
    "num_heads": 4,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 20,
    "initializer_factor": 1.5,
    "decoder_start_token_id": 0,
}


def pieces_model(size: int = 70, **options: Any) -> bytes:
    """A SentencePiece model of these texts: unk 0, bos 1, eos 2."""
    output = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*TEXTS, *" ".join(TEXTS).split()] * 3),
        model_writer=output,
        vocab_size=size,
        minloglevel=3,
        **options,
    )
    return output.getvalue()


def pieces_of(model: bytes) -> list[tuple[str, float]]:
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    size = processor.get_piece_size()
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(size)]


def save(folder: Path, network: PreTrainedModel, **generation: Any) -> Path:
    for key, value in generation.items():
        setattr(network.generation_config, key, value)
    network.save_pretrained(folder)
    return folder


def marian(folder: Path, *, codes: tuple[str, ...] = (), separate: bool = False) -> Path:
    source, target = pieces_model(60), pieces_model(70)
    (folder / "source.spm").write_bytes(source)
    (folder / "target.spm").write_bytes(target)
    pieces = [p for p, _ in pieces_of(source)][3:]
    targets = [p for p, _ in pieces_of(target)][3:]
    if not separate:
        pieces = targets = list(dict.fromkeys(pieces + targets))
    names = ["vocab.json", "target_vocab.json"] if separate else ["vocab.json"]
    for name, side in zip(names, (pieces, targets), strict=False):
        order = ["</s>", "<unk>", *(["<pad>"] if separate else []), *side, *codes]
        order += [] if separate else ["<pad>"]
        (folder / name).write_text(json.dumps({p: i for i, p in enumerate(order)}))
    num = [len(side) + len(codes) + 3 for side in (pieces, targets)]
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "MarianTokenizer", "separate_vocabs": separate})
    )
    pad = 2 if separate else num[1] - 1
    config = MarianConfig(
        **SHAPE,
        vocab_size=num[0],
        decoder_vocab_size=num[1],
        share_encoder_decoder_embeddings=not separate,
        tie_word_embeddings=not separate,
        scale_embedding=True,
        eos_token_id=0,
        forced_eos_token_id=0,
        pad_token_id=pad,
        decoder_start_token_id=pad,
    )
    network = MarianMTModel(config)
    network.final_logits_bias.normal_()
    return save(folder, network, bad_words_ids=[[pad]], max_length=40)


def m2m100(folder: Path, *, small: bool = False) -> Path:
    model = pieces_model()
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    order = ["<s>", "<pad>", "</s>", "<unk>", *[p for p, _ in pieces_of(model)][3:]]
    (folder / "vocab.json").write_text(json.dumps({p: i for i, p in enumerate(order)}))
    M2M100Tokenizer(
        str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model")
    ).save_pretrained(folder)
    if small:
        path = folder / "tokenizer_config.json"
        settings = json.loads(path.read_text()) | {"tokenizer_class": "SMALL100Tokenizer"}
        path.write_text(json.dumps(settings))
    config = M2M100Config(
        **SHAPE, vocab_size=len(order) + 108, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        decoder_start_token_id=2, scale_embedding=True,
    )  # fmt: skip
    return save(folder, M2M100ForConditionalGeneration(config), max_length=MAX_LENGTH)


def nllb(folder: Path) -> Path:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trained = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(TEXTS, trainers.BpeTrainer(vocab_size=110, special_tokens=special))
    bpe = json.loads(trained.to_str())["model"]
    merges: Any = [tuple(m) for m in bpe["merges"]]
    tokenizer = NllbTokenizer(vocab=bpe["vocab"], merges=merges)
    tokenizer.save_pretrained(folder)
    config = M2M100Config(
        **SHAPE, vocab_size=len(tokenizer) + 2, pad_token_id=1, bos_token_id=0, eos_token_id=2,
        decoder_start_token_id=2, scale_embedding=True,
    )  # fmt: skip
    return save(folder, M2M100ForConditionalGeneration(config), max_length=MAX_LENGTH)


def mbart50(folder: Path) -> Path:
    tokenizer = MBart50Tokenizer(vocab=pieces_of(pieces_model()))
    tokenizer.save_pretrained(folder)
    config = MBartConfig(
        **SHAPE, vocab_size=len(tokenizer), pad_token_id=1, bos_token_id=0, eos_token_id=2,
        decoder_start_token_id=2, forced_eos_token_id=2, scale_embedding=True,
    )  # fmt: skip
    network = MBartForConditionalGeneration(config)
    network.final_logits_bias.normal_()
    return save(folder, network, max_length=MAX_LENGTH)


def _t5_tokenizer(folder: Path, *codes: str) -> T5Tokenizer:
    pieces = pieces_of(pieces_model())[3:]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *[(code, 0.0) for code in codes]]
    tokenizer = T5Tokenizer(vocab=[*special, *pieces], extra_ids=4)
    tokenizer.add_tokens(list(codes))
    tokenizer.save_pretrained(folder)
    return tokenizer


def t5(folder: Path) -> Path:
    tokenizer = _t5_tokenizer(folder)
    tasks = {
        "summarization": {"prefix": "summarize: "},
        "translation_en_to_de": {"prefix": "translate English to German: "},
        "translation_en_to_fr": {"prefix": "translate English to French: "},
    }
    special: dict[str, Any] = {"task_specific_params": tasks}
    config = T5Config(**T5_SHAPE, **special, vocab_size=len(tokenizer) + 5)
    return save(folder, T5ForConditionalGeneration(config), max_length=MAX_LENGTH)


def madlad(folder: Path) -> Path:
    tokenizer = _t5_tokenizer(folder, "<2en>", "<2pt>", "<2zh_Hant>", "<2translit>")
    untied: dict[str, Any] = {"tie_word_embeddings": False}
    config = T5Config(
        **T5_SHAPE, **untied, vocab_size=len(tokenizer), feed_forward_proj="gated-gelu",
    )  # fmt: skip
    return save(folder, T5ForConditionalGeneration(config), max_length=MAX_LENGTH)


def mt5(folder: Path) -> Path:
    tokenizer = _t5_tokenizer(folder, "<2en>", "<2pt>")
    config = MT5Config(**T5_SHAPE, vocab_size=len(tokenizer), feed_forward_proj="gated-gelu")
    return save(folder, MT5ForConditionalGeneration(config), max_length=MAX_LENGTH)


@dataclass(frozen=True)
class Tiny:
    """How a family's folder is made, and a pair that it translates."""

    write: Callable[[Path], Path]
    pair: LanguagePair = EN_PT

    def make(self, folder: Path, seed: int = 3) -> Path:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            return self.write(folder)


TINY = {
    "marian": Tiny(marian),
    "marian-separate": Tiny(lambda folder: marian(folder, separate=True)),
    "marian-codes": Tiny(lambda folder: marian(folder, codes=(">>fra<<", ">>por<<", ">>pob<<"))),
    "m2m100": Tiny(m2m100),
    "small100": Tiny(lambda folder: m2m100(folder, small=True)),
    "nllb": Tiny(nllb),
    "mbart50": Tiny(mbart50),
    "t5": Tiny(t5, LanguagePair("en", "de")),
    "madlad": Tiny(madlad),
    "mt5": Tiny(mt5),
}


def said_by_library(
    library: Any, model: Seq2SeqModel, pair: LanguagePair, source: Sequence[int]
) -> tuple[int, ...]:
    """What the library's greedy ``generate`` says, without where it starts and its end."""
    tokenizer = model.tokenizer(pair)
    start = tokenizer.target_start
    forced = library.generation_config.forced_eos_token_id is not None
    (said,) = library.generate(
        input_ids=torch.tensor([source]),
        num_beams=1,
        do_sample=False,
        max_length=min(40, model.max_target_tokens(len(source)) + 1 + forced),
        forced_bos_token_id=start[0] if start else None,
    ).tolist()
    ends = said[-1] == tokenizer.eos_id
    return tuple(said[1 : len(said) - ends])
