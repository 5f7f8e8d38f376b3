"""Trains the small MarianMT that the tests stream with: English numbers to Portuguese.

    nice -n 10 python -m tests.models.counting.train

It takes some minutes on one core, and writes ``model/`` here: float16 weights of less than 3 MB.
The seed is fixed; on another machine the weights may differ, and should be as good.
"""

import json
import sys
from pathlib import Path
from random import Random

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel

from tests.models.counting.language import english, portuguese, sentence, translate
from tests.models.counting.training import (
    SHAPE,
    beginnings,
    fit,
    held_out_numbers,
    padded,
    vocabulary,
)

FOLDER = Path(__file__).parent / "model"
STEPS = 1500


def pieces_of(model: bytes) -> list[str]:
    """All pieces but the first two."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(i) for i in range(2, processor.get_piece_size())]


def write_vocabulary() -> dict[str, int]:
    """Train and write the tokenizer's files."""
    random = Random(1)
    sources = [sentence(random) for _ in range(4000)]
    targets = [translate(text) for text in sources]
    models = [
        vocabulary(texts, size, eos_id=0, unk_id=1, bos_id=-1, pad_id=-1)
        for texts, size in ((sources, 110), (targets, 130))
    ]
    for name, model in zip(("source.spm", "target.spm"), models, strict=True):
        (FOLDER / name).write_bytes(model)
    pieces = dict.fromkeys(piece for model in models for piece in pieces_of(model))
    ids = {piece: i for i, piece in enumerate(["</s>", "<unk>", *pieces, "<pad>"])}
    (FOLDER / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "pt"}
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(settings))
    return ids


def main() -> None:
    """Train, measure on numbers that were held out, and write."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    FOLDER.mkdir(exist_ok=True)
    ids = write_vocabulary()
    cut = [
        sentencepiece.SentencePieceProcessor(model_file=str(FOLDER / name))
        for name in ("source.spm", "target.spm")
    ]
    pad = ids["<pad>"]

    def tokens(side: int, text: str) -> torch.Tensor:
        pieces = cut[side].encode(text, return_type=str)
        return torch.tensor([*(ids.get(piece, 1) for piece in pieces), 0])

    config = MarianConfig(
        **SHAPE,
        vocab_size=len(ids),
        eos_token_id=0,
        forced_eos_token_id=0,
        pad_token_id=pad,
        decoder_start_token_id=pad,
    )
    model = MarianMTModel(config)
    random = Random(2)

    def examples(count: int) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        sources = beginnings(random, count)
        return [tokens(0, s) for s in sources], [tokens(1, translate(s)) for s in sources]

    fit(model, examples, pad, STEPS)
    model.generation_config.update(bad_words_ids=[[pad]], max_length=256)
    model.half().save_pretrained(FOLDER)
    # Of only two layers it is the last whose attention tells where a word comes from.
    path = FOLDER / "generation_config.json"
    settings = json.loads(path.read_text()) | {"alignment_heads": [[1, h] for h in range(4)]}
    path.write_text(json.dumps(settings, indent=2) + "\n")
    model.float().eval()
    numbers = held_out_numbers(random, 1000)
    right = 0
    for first in range(0, len(numbers), 100):
        some = numbers[first : first + 100]
        source = padded([tokens(0, english(n) + ".") for n in some], pad)
        said = model.generate(
            source, attention_mask=(source != pad).long(), num_beams=1, do_sample=False
        )
        for number, output in zip(some, said.tolist(), strict=True):
            wanted = tokens(1, portuguese(number) + ".").tolist()
            right += output[1 : len(wanted) + 1] == wanted
    print(f"{right} of {len(numbers)} held-out numbers")
    sys.exit(right < 0.99 * len(numbers))


if __name__ == "__main__":
    main()
