"""Trains the small MarianMT that the tests stream with: English numbers to Portuguese.

    nice -n 10 python tests/models/counting/train.py

It takes some minutes on one core, and writes ``model/`` here: float16 weights of less than 3 MB.
The seed is fixed; on another machine the weights may differ, and should be as good.
"""

import json
import sys
import time
from io import BytesIO
from pathlib import Path
from random import Random

import sentencepiece
import torch
from language import any_number, english, is_held_out, portuguese, sentence, translate
from torch.nn.utils.rnn import pad_sequence
from transformers import MarianConfig, MarianMTModel

FOLDER = Path(__file__).parent / "model"
STEPS, BATCH, PEAK, WARM_UP = 1500, 64, 1.5e-3, 300


def vocabulary(texts: list[str], size: int) -> bytes:
    """A SentencePiece model of these texts: eos 0, unk 1."""
    output = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=output,
        vocab_size=size,
        hard_vocab_limit=False,
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        minloglevel=3,
    )
    return output.getvalue()


def pieces_of(model: bytes) -> list[str]:
    """All pieces but the first two."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(i) for i in range(2, processor.get_piece_size())]


def write_vocabulary() -> dict[str, int]:
    """Train and write the tokenizer's files."""
    random = Random(1)
    sources = [sentence(random) for _ in range(4000)]
    models = vocabulary(sources, 110), vocabulary([translate(text) for text in sources], 130)
    for name, model in zip(("source.spm", "target.spm"), models, strict=True):
        (FOLDER / name).write_bytes(model)
    pieces = dict.fromkeys(piece for model in models for piece in pieces_of(model))
    ids = {piece: i for i, piece in enumerate(["</s>", "<unk>", *pieces, "<pad>"])}
    (FOLDER / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "pt"}
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(settings))
    return ids


def examples(random: Random, count: int) -> list[tuple[str, str]]:
    """Sentences, and beginnings of sentences as a stream has them, with their translations."""
    sources = [sentence(random) for _ in range(count)]
    for i in range(0, count, 3):
        words = sources[i].split()
        sources[i] = " ".join(words[: random.randint(1, len(words))])
    return [(source, translate(source)) for source in sources]


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
        vocab_size=len(ids),
        d_model=128,
        encoder_layers=3,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
        max_position_embeddings=256,
        scale_embedding=True,
        activation_function="relu",
        dropout=0.0,
        eos_token_id=0,
        forced_eos_token_id=0,
        pad_token_id=pad,
        decoder_start_token_id=pad,
    )
    model = MarianMTModel(config)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    random, began = Random(2), time.monotonic()
    for step in range(STEPS):
        rate = PEAK * min((step + 1) / WARM_UP, (STEPS - step) / (STEPS - WARM_UP))
        for group in optimizer.param_groups:
            group["lr"] = rate
        pairs = examples(random, BATCH)
        source = pad_sequence([tokens(0, a) for a, _ in pairs], True, pad)
        target = pad_sequence([tokens(1, b) for _, b in pairs], True, pad)
        loss = model(
            input_ids=source,
            attention_mask=(source != pad).long(),
            labels=target.masked_fill(target == pad, -100),
        ).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 200 == 0:
            print(f"{step} {loss.item():.4f} {time.monotonic() - began:.0f} s", flush=True)
    model.generation_config.update(bad_words_ids=[[pad]], max_length=256)
    model.half().save_pretrained(FOLDER)
    # Of only two layers it is the last whose attention tells where a word comes from.
    path = FOLDER / "generation_config.json"
    settings = json.loads(path.read_text()) | {"alignment_heads": [[1, h] for h in range(4)]}
    path.write_text(json.dumps(settings, indent=2) + "\n")
    model.float().eval()
    held_out = [n for n in (any_number(random) for _ in range(100_000)) if is_held_out(n)][:1000]
    right = 0
    for first in range(0, len(held_out), 100):
        numbers = held_out[first : first + 100]
        source = pad_sequence([tokens(0, english(n) + ".") for n in numbers], True, pad)
        said = model.generate(
            source, attention_mask=(source != pad).long(), num_beams=1, do_sample=False
        )
        for number, output in zip(numbers, said.tolist(), strict=True):
            wanted = tokens(1, portuguese(number) + ".").tolist()
            right += output[1 : len(wanted) + 1] == wanted
    print(f"{right} of {len(held_out)} held-out numbers")
    sys.exit(right < 0.99 * len(held_out))


if __name__ == "__main__":
    main()
