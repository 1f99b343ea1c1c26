"""What cannot be read is refused with its place and a way out; what others wrote is understood."""

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from rulegen.errors import ScoreReadError
from rulegen.io.musicxml import musicxml_text, write_musicxml
from rulegen.io.read import read_part, read_score
from rulegen.score.events import Score
from rulegen.score.timeline import Tempo


def note(step: str, duration: int = 4, inner: str = "", before: str = "", after: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>4</octave></pitch>"
    return f"<note>{before}{pitch}<duration>{duration}</duration>{inner}<voice>1</voice>{after}</note>"


def file(*parts: str, key: str = "<fifths>0</fifths>", names: tuple[str, ...] = ()) -> str:
    """A score in 4/4, each part given as measures; `@` stands for the attributes of the first one."""
    attributes = (
        f"<attributes><divisions>4</divisions><key>{key}</key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    listed = "".join(
        f'<score-part id="P{n}"><part-name>{names[n] if names else "Part"}</part-name></score-part>'
        for n in range(len(parts))
    )
    told = "".join(f'<part id="P{n}">{part.replace("@", attributes)}</part>' for n, part in enumerate(parts))
    return f'<score-partwise version="4.0"><part-list>{listed}</part-list>{told}</score-partwise>'


def measure(content: str, number: int = 1) -> str:
    return f'<measure number="{number}">{content}</measure>'


BAR = note("C") + note("D") + note("E") + note("F")


def read(tmp_path: Path, text: str | bytes, name: str = "it.musicxml") -> Score:
    place = tmp_path / name
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_score(place)


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


CONTAINER = b'<container><rootfiles><rootfile full-path="s.xml"/></rootfiles></container>'
ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><score-partwise>&x;</score-partwise>'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("<score-partwise>\n<part>\n</score-partwise>", "line 3: the XML is broken: mismatched tag"),
        ("no xml", "line 1: the XML is broken"),
        ("<html/>", "no MusicXML score: it begins with <html>"),
        ("<score-partwise/>", "has no parts"),
        (ENTITY, "declares XML entities"),
        (file(""), "has no bars"),
        (file(measure("@")), "it.musicxml has no notes"),
        (file(measure("@" + note("C", 20))), "bar 1: it is longer than a bar of 4/4"),
        (file(measure("@" + note("H", 16))), "part, bar 1: a note has the letter 'H'"),
        (file(measure("@" + note("C", 0))), "part, bar 1: a note has no length"),
        (file(measure("@<backup><duration>4</duration></backup>")), "goes back beyond its start"),
        (file(measure("@" + note("C", 16) + "<backup><duration>8</duration></backup>" + note("E", 8))),
         "part, bar 1: two notes sound together"),
        (file(measure("@<note><unpitched/><duration>16</duration></note>")), "percussion"),
        (file(measure("@" + BAR), measure("@<attributes><time><beats>3</beats><beat-type>4</beat-type></time>"
                                          "</attributes>" + BAR)),
         "bar 1: one part is in 4/4, another in 3/4"),
        (file(measure("@" + BAR), key="<fifths>9</fifths>"), "no key has|none that rulegen knows"),
        (file(measure("@<note><pitch><step>C</step><alter>0.5</alter><octave>4</octave></pitch>"
                      "<duration>16</duration></note>")), "quarter tones"),
        (file(measure("@<note><rest/><duration>1e9</duration></note>")), "is no duration"),
    ],
)  # fmt: skip
def test_what_is_no_score_of_ours_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ScoreReadError, match=said) as caught:
        read(tmp_path, text)
    assert "it.musicxml" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 nonsense", "damaged"),
        (archive({"a.xml": b""}), "holds no META-INF/container.xml"),
        (archive({"META-INF/container.xml": b"<container/>"}), "names no score"),
        (archive({"META-INF/container.xml": CONTAINER}), "holds no s.xml"),
        (archive({"META-INF/container.xml": CONTAINER, "s.xml": b" " * (21 << 20)}), "20 MB"),
    ],
)
def test_a_bad_compressed_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ScoreReadError, match=said):
        read(tmp_path, content, "it.mxl")


def test_a_cut_off_compressed_file_is_refused(tmp_path: Path, chorale: Score) -> None:
    write_musicxml(chorale, tmp_path / "whole.mxl")
    content = (tmp_path / "whole.mxl").read_bytes()
    for length in range(10, len(content), 97):
        with pytest.raises(ScoreReadError):
            read(tmp_path, content[:length], "cut.mxl")


def test_a_file_too_large_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoreReadError, match="too large"):
        read(tmp_path, b" " * (21 << 20))
    (tmp_path / "a.xml").mkdir()
    with pytest.raises(ScoreReadError, match="is a folder"):
        read_score(tmp_path / "a.xml")
    with pytest.raises(ScoreReadError, match="does not exist"):
        read_score(tmp_path / "none.mxl")
    with pytest.raises(ScoreReadError, match="export it as MusicXML"):
        read_score(tmp_path / "it.mscz")


def test_plain_text_in_a_mxl_is_read(tmp_path: Path, chorale: Score) -> None:
    assert read(tmp_path, musicxml_text(chorale), "it.mxl") == chorale


def test_a_part_is_chosen_by_name_or_number(tmp_path: Path, chorale: Score) -> None:
    place = tmp_path / "it.mxl"
    write_musicxml(chorale, place)
    for which in ("Tenor", "tenor", "3"):
        part = read_part(place, which)
        assert [voice.name for voice in part.voices] == ["tenor"]
        assert part.notes == chorale.notes_of("tenor")
    for which in (None, "viola", "5", "0"):
        with pytest.raises(ScoreReadError, match=r"4 parts \(soprano, alto, tenor, bass\).*choose one"):
            read_part(place, which)


def test_the_only_part_needs_no_name(tmp_path: Path) -> None:
    (tmp_path / "it.xml").write_text(file(measure("@" + BAR)))
    assert len(read_part(tmp_path / "it.xml").voices) == 1
    assert len(read_part(tmp_path / "it.xml", "cantus").voices) == 1


def test_parts_of_one_name_get_numbers(tmp_path: Path) -> None:
    score = read(tmp_path, file(measure("@" + BAR), measure("@" + BAR)))
    assert [voice.name for voice in score.voices] == ["part 1", "part 2"]


def test_two_lines_in_a_part_are_two_voices(tmp_path: Path) -> None:
    second = BAR.replace("<voice>1", "<voice>2").replace("<octave>4", "<octave>3")
    text = file(measure("@" + BAR + "<backup><duration>16</duration></backup>" + second))
    assert [voice.name for voice in read(tmp_path, text).voices] == ["part 1", "part 2"]


def test_grace_notes_are_left_out_and_ties_joined(tmp_path: Path) -> None:
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    tied = note("C", 8, '<tie type="start"/>') + note("C", 8, '<tie type="stop"/>')
    score = read(tmp_path, file(measure("@" + grace + tied)))
    assert [(found.onset, found.duration) for found in score.notes] == [(0, 1)]


def test_repeats_and_endings_are_written_out(tmp_path: Path) -> None:
    def end(number: int, repeat: str = "") -> str:
        return f'<barline location="right"><ending number="{number}" type="stop"/>{repeat}</barline>'

    again = '<repeat direction="backward"/>'
    bars = (
        measure("@" + note("C", 16), 1)
        + measure('<barline><ending number="1" type="start"/></barline>' + note("D", 16) + end(1, again), 2)
        + measure('<barline><ending number="2" type="start"/></barline>' + note("E", 16) + end(2), 3)
        + measure(note("F", 16), 4)
    )
    score = read(tmp_path, file(bars))
    assert "".join(str(found.pitch)[0] for found in score.notes) == "CDCEF"
    assert [(part.name, part.statement) for part in score.sections] == [
        ("A", 1),
        ("A", 2),
        ("B", 1),
        ("C", 1),
    ] or (score.sections[1].name == "A")


def test_numerals_in_lyrics_are_chords(tmp_path: Path) -> None:
    said = ["I", "V6", "vi", "V65/V"]
    notes = "".join(note("C", 4, after=f"<lyric><text>{label}</text></lyric>") for label in said)
    score = read(tmp_path, file(measure("@" + notes), key="<fifths>0</fifths><mode>major</mode>"))
    assert [event.chord.label for event in score.chords] == said
    assert all(found.lyric is None for found in score.notes)


def test_words_in_lyrics_stay_lyrics(tmp_path: Path) -> None:
    said = ["I", "will", "go", "on"]
    notes = "".join(note("C", 4, after=f"<lyric><text>{word}</text></lyric>") for word in said)
    score = read(tmp_path, file(measure("@" + notes)))
    assert [found.lyric for found in score.notes] == said
    assert not score.chords


def test_fermatas_end_phrases(tmp_path: Path) -> None:
    held = note("C", 16, after="<notations><fermata/></notations>")
    score = read(tmp_path, file(measure("@" + BAR) + measure(held, 2) + measure(BAR, 3)))
    assert [(phrase.onset, phrase.end) for phrase in score.phrases] == [(0, 2), (2, 3)]


def test_a_short_first_bar_is_a_pickup(tmp_path: Path) -> None:
    score = read(tmp_path, file(measure("@" + note("C"), 0) + measure(BAR, 1)))
    assert (score.timeline.pickup, score.end) == (Fraction(1, 4), Fraction(5, 4))


def change(**said: str) -> str:
    """Attributes in the middle of a part, such as fifths="2" or time="3/4"."""
    inner = f"<key><fifths>{said['fifths']}</fifths></key>" if "fifths" in said else ""
    if "time" in said:
        beats, unit = said["time"].split("/")
        inner += f"<time><beats>{beats}</beats><beat-type>{unit}</beat-type></time>"
    return f"<attributes>{inner}</attributes>"


def test_keys_are_read_by_place(tmp_path: Path) -> None:
    score = read(tmp_path, file(measure("@" + BAR) + measure(change(fifths="1") + BAR, 2)))
    assert [(onset, key.signature_fifths) for onset, key in score.timeline.signatures] == [(0, 0), (1, 1)]
    assert score.timeline.keys == score.timeline.signatures


def test_meters_are_read_by_place(tmp_path: Path) -> None:
    three = note("C") + note("B") + note("C")
    bars = measure("@" + BAR) + measure(change(time="3/4") + three, 2) + measure(change(time="4/4") + BAR, 3)
    clock = read(tmp_path, file(bars)).timeline
    assert [(onset, meter.name) for onset, meter, _ in clock.meters] == [
        (0, "4/4"), (1, "3/4"), (Fraction(7, 4), "4/4")]  # fmt: skip
    assert [span.number for span in clock.spans("bar")] == [1, 2, 3]
    assert clock.end == Fraction(11, 4)


def test_a_last_breve_fills_two_bars(tmp_path: Path) -> None:
    score = read(tmp_path, file(measure("@" + BAR) + measure(note("C", 32), 2)))
    assert [note.duration for note in score.notes][-1] == 2
    assert (score.end, len(score.timeline.spans("bar"))) == (3, 3)


def test_what_a_bar_is_in_does_not_depend_on_the_way_to_it(tmp_path: Path) -> None:
    again = '<barline location="right"><repeat direction="backward"/></barline>'
    bars = measure("@" + BAR) + measure(change(fifths="-1", time="2/4") + note("C") + note("D") + again, 2)
    clock = read(tmp_path, file(bars)).timeline
    assert [(onset, key.signature_fifths) for onset, key in clock.signatures] == [
        (0, 0), (1, -1), (Fraction(3, 2), 0), (Fraction(5, 2), -1)]  # fmt: skip
    assert [(onset, str(meter)) for onset, meter, _ in clock.meters][2:] == [
        (Fraction(3, 2), "4/4"), (Fraction(5, 2), "2/4")]  # fmt: skip


def test_a_repeated_upbeat_keeps_the_bar_before_it_short(tmp_path: Path) -> None:
    again = '<barline location="right"><repeat direction="backward"/></barline>'
    bars = measure("@" + note("G"), 0) + measure(BAR, 1) + measure(note("C", 12) + again, 2)
    clock = read(tmp_path, file(bars + measure(note("A"), 3) + measure(BAR, 4))).timeline
    assert clock.pickup == Fraction(1, 4)
    assert [clock.position(Fraction(n, 4)) for n in (0, 1, 8, 9)] == [Fraction(3, 4), 0, Fraction(3, 4), 0]


def test_a_rest_for_the_whole_bar_leaves_an_upbeat_short(tmp_path: Path) -> None:
    rest = '<note><rest measure="yes"/><duration>16</duration></note>'
    parts = (measure("@" + note("G"), 0) + measure(BAR, 1), measure("@" + rest, 0) + measure(BAR, 1))
    score = read(tmp_path, file(*parts))
    assert score.timeline.pickup == Fraction(1, 4)
    assert [(found.onset, found.duration) for found in score.notes_of("part 2")][:2] == [
        (0, Fraction(1, 4)), (Fraction(1, 4), Fraction(1, 4))]  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "tempo"),
    [
        ("<beat-unit>half</beat-unit><per-minute>84</per-minute>", Tempo(84, Fraction(1, 2))),
        ("<beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>c. 60</per-minute>", Tempo(60, Fraction(3, 8))),
        ("<beat-unit>quarter</beat-unit><beat-unit>half</beat-unit>", Tempo(120)),
        ("<beat-unit>quarter</beat-unit><per-minute>fast</per-minute>", Tempo(120)),
    ],
)  # fmt: skip
def test_a_tempo_is_read_in_its_beats(tmp_path: Path, mark: str, tempo: Tempo) -> None:
    direction = f"<direction><direction-type><metronome>{mark}</metronome></direction-type></direction>"
    clock = read(tmp_path, file(measure("@" + BAR) + measure(direction + BAR, 2))).timeline
    assert clock.tempi == ((0, tempo),)  # the first that is said holds from the beginning


def test_a_tempo_that_sounds_otherwise_than_it_is_printed_is_the_one_that_sounds(tmp_path: Path) -> None:
    mark = "<metronome><beat-unit>quarter</beat-unit><per-minute>60</per-minute></metronome>"
    direction = f'<direction><direction-type>{mark}</direction-type><sound tempo="90"/></direction>'
    slower = '<sound tempo="45"/>'
    clock = read(tmp_path, file(measure("@" + direction + BAR) + measure(slower + BAR, 2))).timeline
    assert clock.tempi == ((0, Tempo(90)), (1, Tempo(45)))


def test_a_label_that_names_a_key_changes_it_until_the_next(tmp_path: Path) -> None:
    def label(text: str) -> str:
        return (
            '<harmony><root><root-step text="">C</root-step></root>'
            f'<kind text="{text}">major</kind></harmony>'
        )

    bars = "".join(
        measure(("@" if n == 1 else "") + label(text) + note("C", 16), n)
        for n, text in enumerate(("I", "G: V7", "I", "d: i", "V", "C: I", "D dorian: i"), 1)
    )
    score = read(tmp_path, file(bars, key="<fifths>0</fifths><mode>major</mode>"))
    said = ["C major", "G major", "G major", "D minor", "D minor", "C major", "D dorian"]
    assert [event.chord.key.name for event in score.chords] == said
    assert [score.timeline.key_at(event.onset).name for event in score.chords] == said
    assert [key.name for _, key in score.timeline.signatures] == ["C major"]


def test_edited_files_lose_only_their_form(tmp_path: Path, chorale: Score) -> None:
    text = musicxml_text(chorale).replace('"end":"4"', '"end":"5"')
    assert read(tmp_path, text).notes_of("alto")
    assert read(tmp_path, musicxml_text(chorale).replace('rulegen-form">{', 'rulegen-form">[{')).voices
