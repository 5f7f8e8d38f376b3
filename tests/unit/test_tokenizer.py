from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import accumulate
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translator.errors import ModelFilesError
from translator.text.tokenizer import SentencePieceTokenizer

pytestmark = pytest.mark.unit

LINES = [
    "the red boat sails past a small green island at noon",
    "seven gulls follow the boat over the quiet bay",
    "São João dança à beira do rio ao meio-dia",
]


def train(
    path: Path, *, size: int, byte_fallback: bool = False, split_by_whitespace: bool = True
) -> Path:
    output = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(LINES * 20),
        model_writer=output,
        vocab_size=size,
        byte_fallback=byte_fallback,
        split_by_whitespace=split_by_whitespace,
        model_type="unigram" if split_by_whitespace else "bpe",
        user_defined_symbols=["<keep>"],
        control_symbols=["<hidden>"],
        eos_id=0,
        unk_id=1,
        bos_id=-1,
        pad_id=-1,
        minloglevel=3,
    )
    path.write_bytes(output.getvalue())
    return path


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("plain") / "vocab.spm", size=45)


@pytest.fixture(scope="module")
def byte_vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train(tmp_path_factory.mktemp("bytes") / "vocab.spm", size=300, byte_fallback=True)


@pytest.fixture(scope="module")
def tokenizer(vocabulary: Path) -> SentencePieceTokenizer:
    return SentencePieceTokenizer(vocabulary, vocabulary)


@pytest.fixture(scope="module")
def byte_tokenizer(byte_vocabulary: Path) -> SentencePieceTokenizer:
    return SentencePieceTokenizer(byte_vocabulary, byte_vocabulary)


def covered(tokenizer: SentencePieceTokenizer, text: str) -> str:
    return "".join(text[start:end] for start, end in tokenizer.encode_source(text).spans)


def test_a_source_ends_with_eos_and_an_empty_span_at_the_end(
    tokenizer: SentencePieceTokenizer,
) -> None:
    encoded = tokenizer.encode_source("the red boat")
    assert tokenizer.eos_id == 0
    assert encoded.tokens[-1] == 0
    assert encoded.spans[-1] == (12, 12)
    assert encoded.tokens[:-1] == tokenizer.encode_target("the red boat")


def test_an_empty_text_is_one_eos(tokenizer: SentencePieceTokenizer) -> None:
    encoded = tokenizer.encode_source("")
    assert (encoded.tokens, encoded.spans) == ((0,), ((0, 0),))
    assert tokenizer.encode_target("") == ()


def test_spans_are_code_points_not_bytes(tokenizer: SentencePieceTokenizer) -> None:
    text = "São João 😀 dança"
    encoded = tokenizer.encode_source(text)
    assert encoded.spans[0][0] == 0
    assert encoded.spans[-2][1] == len(text)
    emoji = text.index("😀")
    assert any(start <= emoji < end and end - start <= 2 for start, end in encoded.spans)


def test_white_space_before_a_word_belongs_to_the_word(
    tokenizer: SentencePieceTokenizer,
) -> None:
    text = "  the   boat"
    starts = {text[start:end][:3] for start, end in tokenizer.encode_source(text).spans}
    assert {"  t", "   "} & starts
    assert covered(tokenizer, text) == text


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40) | st.text("ao ã½ﬁ…😀\u200b\u0301\n", max_size=20))
def test_spans_of_any_text_are_contiguous_and_inside_it(
    text: str, tokenizer: SentencePieceTokenizer, byte_tokenizer: SentencePieceTokenizer
) -> None:
    for either in (tokenizer, byte_tokenizer):
        encoded = either.encode_source(text)
        assert len(encoded.tokens) == len(encoded.spans)
        reached = 0
        for start, end in encoded.spans[:-1]:
            assert start == reached
            assert start <= end <= len(text)
            reached = end
        assert encoded.spans[-1] == (len(text), len(text))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(max_size=60)
    | st.text("ao rtdb.ã½ﬁ¨…😀\u00a0\u200b\u0301\n", max_size=40)
    | st.lists(st.sampled_from(["<keep>", "<hidden>", "the", "boat", "x", " "])).map("".join)
)
def test_a_text_has_the_tokens_and_spans_that_the_library_finds_in_all_of_it(
    text: str,
    vocabulary: Path,
    byte_vocabulary: Path,
    tokenizer: SentencePieceTokenizer,
    byte_tokenizer: SentencePieceTokenizer,
) -> None:
    for file, ours in ((vocabulary, tokenizer), (byte_vocabulary, byte_tokenizer)):
        library = sentencepiece.SentencePieceProcessor(model_file=str(file))
        whole = library.encode(text, return_type="offset_mapping")
        reached = list(accumulate((end for _, end in whole["offsets"]), max))
        encoded = ours.encode_source(text)
        assert list(encoded.tokens[:-1]) == whole["ids"]
        assert [end for _, end in encoded.spans[:-1]] == reached


def test_a_vocabulary_with_pieces_across_spaces_reads_a_text_as_a_whole(tmp_path: Path) -> None:
    file = train(tmp_path / "vocab.spm", size=150, split_by_whitespace=False)
    library = sentencepiece.SentencePieceProcessor(model_file=str(file))
    text = "the red boat sails past"
    assert any("\u2581" in piece[1:] for piece in library.encode(text, return_type=str))
    tokens = SentencePieceTokenizer(file, file).encode_source(text).tokens
    assert list(tokens[:-1]) == library.encode(text, return_type=int)


def test_pieces_of_a_target_text_join_to_the_text_after_a_space(
    tokenizer: SentencePieceTokenizer,
) -> None:
    text = "seven gulls follow the red boat"
    assert "".join(map(tokenizer.piece, tokenizer.encode_target(text))) == f" {text}"


def test_control_and_unknown_tokens_have_no_text_but_user_symbols_do(
    tokenizer: SentencePieceTokenizer, vocabulary: Path
) -> None:
    processor = sentencepiece.SentencePieceProcessor(model_file=str(vocabulary))
    assert tokenizer.piece(tokenizer.eos_id) == ""
    assert tokenizer.piece(tokenizer.unk_id) == ""
    assert tokenizer.piece(processor.piece_to_id("<hidden>")) == ""
    assert tokenizer.piece(processor.piece_to_id("<keep>")) == "<keep>"


def test_bytes_of_a_character_have_no_text_alone_but_can_be_collected(
    byte_tokenizer: SentencePieceTokenizer, byte_vocabulary: Path
) -> None:
    tokens = byte_tokenizer.encode_target("boat 水")
    values = [byte_tokenizer.byte(token) for token in tokens]
    assert "".join(map(byte_tokenizer.piece, tokens)) == " boat "
    assert bytes(value for value in values if value is not None).decode() == "水"
    newline = sentencepiece.SentencePieceProcessor(model_file=str(byte_vocabulary)).piece_to_id(
        "<0x0A>"
    )
    assert byte_tokenizer.piece(newline) == "\n"


def test_each_side_uses_its_own_vocabulary(
    vocabulary: Path,
    byte_vocabulary: Path,
    tokenizer: SentencePieceTokenizer,
    byte_tokenizer: SentencePieceTokenizer,
) -> None:
    split = SentencePieceTokenizer(vocabulary, byte_vocabulary)
    source, target = tokenizer, byte_tokenizer
    text = "a quiet island 水"
    assert split.encode_source(text) == source.encode_source(text)
    assert split.encode_target(text) == target.encode_target(text)
    assert split.encode_target(text) != source.encode_target(text)
    assert split.vocabulary_sizes == (45, 300)
    assert split.target_start == ()


def test_threads_get_what_one_thread_gets(tokenizer: SentencePieceTokenizer) -> None:
    texts = [f"{line} {number}" for number in range(50) for line in LINES]
    expected = [tokenizer.encode_source(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(tokenizer.encode_source, texts)) == expected


@pytest.mark.parametrize("content", [b"", b"plain text\n", b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_a_file_of_another_kind_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "vocab.spm"
    path.write_bytes(content)
    with pytest.raises(ModelFilesError) as caught:
        SentencePieceTokenizer(path, path)
    assert (
        str(caught.value) == f"{path}: damaged or of another kind, expected a SentencePiece model"
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(missing=st.integers(1, 200_000))
def test_a_file_cut_short_is_refused_by_name(
    missing: int, vocabulary: Path, tmp_path: Path
) -> None:
    path = tmp_path / "cut.spm"
    path.write_bytes(vocabulary.read_bytes()[:-missing])
    with pytest.raises(ModelFilesError) as caught:
        SentencePieceTokenizer(path, path)
    assert str(caught.value).startswith(f"{path}: damaged")


def test_a_missing_file_is_refused_by_name(vocabulary: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError) as caught:
        SentencePieceTokenizer(vocabulary, tmp_path / "trgvocab.spm")
    assert str(caught.value) == (
        f"{tmp_path}/trgvocab.spm: no such file, expected a SentencePiece model"
    )
