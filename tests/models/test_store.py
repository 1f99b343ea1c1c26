"""Model files: what is saved comes back; what is no sound model is refused with a sentence."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save as tensors

from rulegen.errors import ModelError, OutputError
from rulegen.models import store
from rulegen.models.base import Alphabet
from rulegen.models.markov import Markov, counted
from rulegen.models.store import Card, Model, load, save
from tests.models.music import walks

CARD = Card("markov", "soprano", "made up", "free", "rulegen learn markov", 3, {"test": 1.25})
PITCHES = Alphabet("pitch", tuple(range(-2, 4)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "a.model"
    save(place, Model(CARD, counted(walks(4, 20, 6), PITCHES, 2)))
    return place


def with_metadata(path: Path, told: object) -> None:
    """Puts another card on a file, its numbers unchanged."""
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    header["__metadata__"]["rulegen"] = told if isinstance(told, str) else json.dumps(told)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


def told_by(path: Path) -> dict[str, dict[str, object]]:
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    found: dict[str, dict[str, object]] = json.loads(
        json.loads(content[8 : 8 + length])["__metadata__"]["rulegen"]
    )
    return found


def test_a_model_comes_back_with_its_card(path: Path) -> None:
    model = counted(walks(4, 20, 6), PITCHES, 2)
    found = load(path)
    assert found.card == CARD
    assert found.alphabet == PITCHES
    assert isinstance(found.law, Markov)
    for condition in (0, 17, 31):
        np.testing.assert_array_equal(found.law.table(condition), model.table(condition))
    np.testing.assert_array_equal(found.law.following, model.following)


def test_the_same_model_gives_the_same_bytes(path: Path) -> None:
    assert store.to_bytes(load(path)) == path.read_bytes()


@pytest.mark.parametrize(
    "alphabet",
    [
        Alphabet("chord", ("I", "V65/V", "bII6", "iiø65", "N6", "i")),
        Alphabet("pitch+length", tuple((pitch, Fraction(1, n)) for pitch in (-1, 0) for n in (2, 3, 12))),
    ],
)
def test_alphabets_of_every_kind_come_back(alphabet: Alphabet, tmp_path: Path) -> None:
    save(tmp_path / "b.model", Model(CARD, counted(walks(2, 9, 6), alphabet, 1)))
    found = load(tmp_path / "b.model").alphabet
    assert found == alphabet
    assert [found.index(symbol) for symbol in alphabet.symbols] == list(range(6))
    assert found.index("V7") is None


def test_an_alphabet_has_each_symbol_once() -> None:
    for symbols in ((), (1, 1)):
        with pytest.raises(ValueError, match="at least one symbol, and each once"):
            Alphabet("pitch", symbols)
    with pytest.raises(ValueError, match="no kind of alphabet"):
        Alphabet("pitches", (1,))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5, 0.99])
def test_a_file_that_is_cut_short_is_refused(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ModelError, match=r"a\.model is (damaged|no model of rulegen)"):
        load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 something else altogether",
        b"\x80\x04\x95\x10cposix\nsystem\n",  # a pickle
        b"\xff" * 64,  # a header longer than any file
        (2).to_bytes(8, "little") + b"{}",
        (60_000).to_bytes(8, "little") + b"[" * 60_000,  # deeper than a parser follows
        tensors({"a": np.zeros(3, dtype=np.float32)}),
        tensors({"a": np.zeros(3, dtype=np.float32)}, {"rulegen": "[1, 2]"}),
        tensors({"a": np.zeros(3, dtype=np.float32)}, {"rulegen": "not json"}),
    ],
)
def test_a_foreign_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "foreign.model").write_bytes(content)
    with pytest.raises(ModelError, match=r"foreign\.model is no model of rulegen"):
        load(tmp_path / "foreign.model")


def test_a_model_of_another_version_says_so(path: Path) -> None:
    told = told_by(path)
    told["card"]["format"] = 99
    with_metadata(path, told)
    with pytest.raises(
        ModelError, match=r"made by another version of rulegen \(format 99, and this one reads 1\)"
    ):
        load(path)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("card", "seed", "many"),
        ("card", "held_out", {"test": "good"}),
        ("card", "held_out", 3),
        ("card", "terms", ["a", "list"]),
        ("alphabet", "kind", "colours"),
        ("alphabet", "symbols", []),
        ("alphabet", "symbols", {"a": 1}),
        ("alphabet", "symbols", [1, 1, 2, 3, 4, 5]),
        ("alphabet", "symbols", [None, True, 2, 3, 4, 5]),
        ("alphabet", "symbols", [[1, "1/0"], 1, 2, 3, 4, 5]),
        ("alphabet", "symbols", list(range(100_000))),
    ],
)
def test_a_card_that_is_not_whole_is_refused(path: Path, part: str, key: str, value: object) -> None:
    told = told_by(path)
    told[part][key] = value
    with_metadata(path, told)
    with pytest.raises(ModelError, match="damaged: its card is not whole"):
        load(path)


def test_numbers_that_do_not_fit_the_alphabet_are_refused(path: Path) -> None:
    told = told_by(path)
    told["alphabet"]["symbols"] = [1, 2, 3]
    with_metadata(path, told)
    with pytest.raises(ModelError, match="numbers do not fit together"):
        load(path)


@pytest.mark.parametrize("kind", ["hmm", "lstm", "gru", "nonsense"])
def test_a_card_of_another_kind_than_its_numbers_is_refused(path: Path, kind: str) -> None:
    told = told_by(path)
    told["card"]["kind"] = kind
    with_metadata(path, told)
    with pytest.raises(ModelError, match="numbers do not fit together"):
        load(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prefix", 10_000),
        ("prefix", 0),
        ("suffix", -1),
        ("suffix", 10_000),
        ("newest", 6),
        ("counts", -5),
    ],
)
def test_contexts_that_lead_nowhere_are_refused(name: str, value: int, tmp_path: Path) -> None:
    model = counted(walks(4, 20, 6), PITCHES, 2)
    getattr(model, name)[-1] = value
    save(tmp_path / "c.model", Model(CARD, model))
    with pytest.raises(ModelError, match="numbers do not fit together"):
        load(tmp_path / "c.model")


def test_what_is_not_there_is_a_folder_or_is_huge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.model is no model: there is no such file"):
        load(tmp_path / "none.model")
    with pytest.raises(ModelError, match="is no model: it is a folder"):
        load(tmp_path)
    with (tmp_path / "huge.model").open("wb") as file:
        file.truncate(store.LARGEST_FILE + 1)  # holes take no room
    with pytest.raises(ModelError, match=r"huge\.model is too large for a model: it has more than 64 MB"):
        load(tmp_path / "huge.model")


def test_a_model_is_not_written_where_there_is_no_folder(path: Path, tmp_path: Path) -> None:
    model = load(path)
    with pytest.raises(OutputError, match="there is no folder"):
        save(tmp_path / "none" / "a.model", model)
    with pytest.raises(OutputError, match="it is a folder"):
        save(tmp_path, model)
