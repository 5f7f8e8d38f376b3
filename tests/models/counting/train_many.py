"""Trains the small M2M-100 that the tests stream with: English numbers into four languages.

    nice -n 10 python -m tests.models.counting.train_many

It takes a quarter of an hour on one core, and writes ``many/`` here: float16 weights of less than
3 MB. The seed is fixed; on another machine the weights may differ, and should be as good.
"""

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import sentencepiece
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

from tests.models.counting.language import TARGETS, english, sentence, spoken, translate
from tests.models.counting.training import (
    SHAPE,
    beginnings,
    fit,
    held_out_numbers,
    padded,
    vocabulary,
)

FOLDER = Path(__file__).parent / "many"
STEPS = 3000
PAD, EOS, UNKNOWN = 1, 2, 3


def write_tokenizer() -> M2M100Tokenizer:
    """Train the tokenizer and write its files."""
    random = Random(1)
    sources = [sentence(random) for _ in range(2000)]
    texts = sources + [translate(text, code) for text in sources for code in TARGETS]
    model = vocabulary(texts, 300, character_coverage=1.0)
    path = FOLDER / "sentencepiece.bpe.model"
    path.write_bytes(model)
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    pieces = [processor.id_to_piece(i) for i in range(3, processor.get_piece_size())]
    order = ["<s>", "<pad>", "</s>", "<unk>", *pieces]
    ids = {piece: i for i, piece in enumerate(order)}
    (FOLDER / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    tokenizer = M2M100Tokenizer(str(FOLDER / "vocab.json"), str(path))
    tokenizer.save_pretrained(FOLDER)
    return tokenizer


def main() -> None:
    """Train, measure on numbers that were held out, and write."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    FOLDER.mkdir(exist_ok=True)
    tokenizer: Any = write_tokenizer()

    def tokens(code: str, text: str) -> torch.Tensor:
        language = tokenizer.get_lang_id(code)
        pieces = tokenizer.sp_model.encode(text, return_type=str)
        known = (tokenizer.encoder.get(piece, UNKNOWN) for piece in pieces)
        return torch.tensor([language, *known, EOS])

    config = M2M100Config(
        **SHAPE,
        vocab_size=len(tokenizer.encoder) + len(tokenizer.lang_code_to_id) + 8,
        pad_token_id=PAD,
        bos_token_id=0,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
    )
    model = M2M100ForConditionalGeneration(config)
    random = Random(2)

    def examples(count: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        sources = beginnings(random, count)
        targets = [tokens(c, translate(s, c)) for s in sources for c in [random.choice(TARGETS)]]
        return [tokens("en", source) for source in sources], targets

    fit(model, examples, PAD, STEPS)
    model.generation_config.update(max_length=256)
    model.half().save_pretrained(FOLDER)
    # Of only two layers it is the last whose attention tells where a word comes from.
    path = FOLDER / "generation_config.json"
    settings = json.loads(path.read_text()) | {"alignment_heads": [[1, h] for h in range(4)]}
    path.write_text(json.dumps(settings, indent=2) + "\n")
    model.float().eval()
    numbers = held_out_numbers(random, 400)
    source = padded([tokens("en", english(n) + ".") for n in numbers], PAD)
    right = {}
    for code in TARGETS:
        said = model.generate(
            source,
            attention_mask=(source != PAD).long(),
            forced_bos_token_id=tokenizer.get_lang_id(code),
            num_beams=1,
            do_sample=False,
        )
        wanted = [tokens(code, spoken(n, code) + ".").tolist() for n in numbers]
        right[code] = sum(
            output[1 : len(w) + 1] == w for output, w in zip(said.tolist(), wanted, strict=True)
        )
    print(f"of {len(numbers)} held-out numbers: {right}")
    sys.exit(min(right.values()) < 0.97 * len(numbers))


if __name__ == "__main__":
    main()
