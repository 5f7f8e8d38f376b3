"""A model of a few kilobytes with random parameters, written in Marian's file format."""

import struct
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import sentencepiece
import yaml

RAW, FLOAT32, INTGEMM8 = 0x0101, 0x0404, 0x4101
DIM, FFN = 8, 12
# What every input of a product is multiplied with before it is rounded.
ACTIVATION = 10.0


@dataclass
class Item:
    """One entry of the container: what its header says, and its bytes."""

    kind: int
    shape: tuple[int, ...]
    data: bytes = field(repr=False)


def float32(values: np.ndarray) -> Item:
    return Item(FLOAT32, values.shape, values.astype("<f4").tobytes())


def intgemm8(values: np.ndarray, multiplier: float, *, embedding: bool = False) -> Item:
    """Eight-bit ``values``; a matrix that is no embedding is stored column by column."""
    stored = values if embedding else values.T
    data = np.ascontiguousarray(stored, "i1").tobytes() + struct.pack("<f", multiplier)
    return Item(INTGEMM8, values.shape, data + bytes(-len(data) % 256))


@dataclass
class TinyModel:
    """Settings and items of a model; change them, then ``write`` the folder."""

    settings: dict[str, object]
    items: dict[str, Item] = field(repr=False)
    version: int = 1
    vocabularies: dict[str, bytes] = field(default_factory=dict, repr=False)

    def to_bytes(self) -> bytes:
        text = yaml.safe_dump(self.settings).encode() + b"\0"
        items = {**self.items, "special:model.yml": Item(RAW, (len(text),), text)}
        names = [name.encode() + b"\0" for name in items]
        head = struct.pack("<2Q", self.version, len(items))
        for name, item in zip(names, items.values(), strict=True):
            head += struct.pack("<4Q", len(name), item.kind, len(item.shape), len(item.data))
        head += b"".join(names)
        head += b"".join(struct.pack(f"<{len(i.shape)}i", *i.shape) for i in items.values())
        padding = -(len(head) + 8) % 256
        head += struct.pack("<Q", padding) + bytes(padding)
        return head + b"".join(item.data for item in items.values())

    def write(self, folder: Path) -> Path:
        (folder / "model.tiny.bin").write_bytes(self.to_bytes())
        for name, data in self.vocabularies.items():
            (folder / name).write_bytes(data)
        return folder


def train_vocabulary(size: int, *, byte_fallback: bool = False, eos_id: int = 0) -> bytes:
    """A SentencePiece model with Marian's special pieces (eos 0, unk 1)."""
    words = "the red boat sails past a small green island at noon while seven gulls follow it"
    output = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([words, words[::-1], *words.split()] * 3),
        model_writer=output,
        vocab_size=size,
        byte_fallback=byte_fallback,
        eos_id=eos_id,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        minloglevel=3,
    )
    return output.getvalue()


def tiny_model(
    vocabulary: bytes,
    *,
    tied_layers: tuple[int, ...] = (),
    target: bytes | None = None,
    dim: int = DIM,
) -> TinyModel:
    """One encoder and two decoder layers; a ``target`` vocabulary makes the embeddings separate."""
    random = np.random.default_rng(5)
    sizes = [_size(vocabulary), _size(target or vocabulary)]
    settings: dict[str, object] = {
        "type": "transformer",
        "dec-cell": "ssru",
        "dec-depth": 2,
        "dim-emb": dim,
        "dim-vocabs": sizes,
        "enc-depth": 1,
        "tied-embeddings": target is not None,
        "tied-embeddings-all": target is None,
        "transformer-decoder-autoreg": "rnn",
        "transformer-dim-ffn": FFN,
        "transformer-guided-alignment-layer": "last",
        "transformer-heads": 2,
        "transformer-postprocess": "dan",
        "transformer-tied-layers": list(tied_layers),
    }
    items: dict[str, Item] = {}

    def matrix(name: str, rows: int, columns: int) -> None:
        values = random.integers(-127, 128, (rows, columns))
        items[name] = intgemm8(values, 150.0, embedding=name.endswith("Wemb"))
        if not name.endswith("Wemb"):
            items[f"{name}_QuantMultA"] = float32(np.full((1, 1), ACTIVATION))

    def vector(name: str, size: int, around: float = 0.0) -> None:
        items[name] = float32(around + random.normal(0, 0.3, (1, size)))

    def norm(prefix: str) -> None:
        vector(f"{prefix}_ln_scale", dim, around=1.0)
        vector(f"{prefix}_ln_bias", dim)

    def layer(prefix: str, attention: str) -> None:
        for part in "qkvo":
            matrix(f"{prefix}_{attention}_W{part}", dim, dim)
            vector(f"{prefix}_{attention}_b{part}", dim)
        norm(f"{prefix}_{attention}_Wo")
        matrix(f"{prefix}_ffn_W1", dim, FFN)
        vector(f"{prefix}_ffn_b1", FFN)
        matrix(f"{prefix}_ffn_W2", FFN, dim)
        vector(f"{prefix}_ffn_b2", dim)
        norm(f"{prefix}_ffn_ffn")

    if target is None:
        matrix("Wemb", sizes[0], dim)
        items["Wemb_QuantMultA"] = intgemm8(np.ones((1, 1)), 1.0)
    else:
        matrix("encoder_Wemb", sizes[0], dim)
        matrix("decoder_Wemb", sizes[1], dim)
    vector("decoder_ff_logit_out_b", sizes[1])
    items["none_QuantMultA"] = float32(np.full((1, 1), ACTIVATION))
    layer("encoder_l1", "self")
    for number in sorted(set(tied_layers)) or (1, 2):
        prefix = f"decoder_l{number}"
        layer(prefix, "context")
        matrix(f"{prefix}_rnn_W", dim, dim)
        matrix(f"{prefix}_rnn_Wf", dim, dim)
        vector(f"{prefix}_rnn_bf", dim)
        norm(f"{prefix}_rnn_ffn")
    if target is None:
        return TinyModel(settings, items, vocabularies={"vocab.tiny.spm": vocabulary})
    names = {"srcvocab.tiny.spm": vocabulary, "trgvocab.tiny.spm": target}
    return TinyModel(settings, items, vocabularies=names)


def _size(vocabulary: bytes) -> int:
    return int(sentencepiece.SentencePieceProcessor(model_proto=vocabulary).get_piece_size())
