"""Grades of files, one or a class: each with its pages, on which what was found is marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.errors import OutputError, RulegenError, ScoreReadError
from rulegen.grading.page import Sheet, html, most_wrong
from rulegen.storage import write_whole
from rulegen.tables import counted, table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from rulegen.face.style import Style
    from rulegen.grading.finding import Finding
    from rulegen.grading.grade import Grade
    from rulegen.grading.repair import Repair
    from rulegen.score.events import Score

PAGE, TABLE = ".html", ".csv"
OF_A_CLASS = (PAGE, TABLE)
MARKED = (".musicxml", ".xml", ".mxl")
ENDINGS = (".musicxml", ".xml", ".mxl", ".mid", ".midi", ".txt")  # of the scores that stand in a folder


@dataclass(frozen=True, slots=True)
class Wishes:
    """How scores are graded and shown. voices: voice → part; least: nats that a soft finding weighs at least
    to be told, infinity where only hard ones are.
    """

    given: Collection[str] = ()
    voices: Mapping[str, str] | None = None
    key: str | None = None
    least: float = 0.0


def score_files(paths: Sequence[Path]) -> list[Path]:
    """The files, and the scores in the folders, by name. Raises ScoreReadError for a folder without any."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(each for each in path.iterdir() if each.suffix.lower() in ENDINGS and each.is_file())
        if not inside:
            raise ScoreReadError(f"{path} has no scores in it: they end in {', '.join(ENDINGS)}")
        found += inside
    return found


def sheet_of(style: Style, path: Path, wishes: Wishes, engraved: bool, name: str = "n") -> Sheet:
    """The sheet of a file; name: what the ids of its notes begin with. Where the file cannot be read or does
    not go with the style, the sheet says why.
    """
    try:
        grade = style.grade(path, wishes.given, voices=wishes.voices, key=wishes.key)
        return _sheet(path, grade, grade.told(wishes.least), engraved, name)
    except RulegenError as error:
        return Sheet(path.name, None, str(error))


def _sheet(path: Path, grade: Grade, told: tuple[Finding, ...], engraved: bool, name: str) -> Sheet:
    if not engraved:
        return Sheet(path.name, grade, findings=told, notes=((),) * len(told))
    from rulegen.io.render import to_svg

    text, notes = marked(grade, told, path, name, words=False)
    return Sheet(path.name, grade, "", tuple(to_svg(text)), told, notes)


def marked(
    grade: Grade, told: Sequence[Finding], path: Path | None, name: str = "n", words: bool = True
) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """The MusicXML of a score that was graded, its own file with findings marked in it, or written anew where
    it is no MusicXML; and the ids of the notes of each finding.
    """
    from rulegen.grading.marking import mark
    from rulegen.io.musicxml import text_of_tree

    root, sung = _tree(grade, path)
    notes = mark(root, told, sung, name, words)
    return text_of_tree(root), notes


def _tree(grade: Grade, path: Path | None) -> tuple[Element, dict[str, str]]:
    """The tree of a score, and which of its voices each voice of the style is."""
    from rulegen.io.container import read_tree
    from rulegen.io.files import MUSICXML, read_whole
    from rulegen.io.musicxml import musicxml_text

    if path is not None and path.suffix.lower() in MUSICXML:
        return read_tree(read_whole(path), str(path)), dict(grade.sung)
    written = read_tree(musicxml_text(grade.score).encode(), "the score")
    return written, {voice.name: voice.name for voice in grade.score.voices}


def check_output(path: Path, endings: Sequence[str] = (*OF_A_CLASS, *MARKED)) -> None:
    """Finds out before the work whether a file can be written. Raises OutputError."""
    if path.suffix.lower() not in endings:
        raise OutputError(f"{path}: its ending is none that this is written in ({', '.join(endings)})")
    if path.is_dir() or not path.parent.is_dir():
        reason = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise OutputError(f"{path} cannot be written: {reason}")


def write_grade(path: Path, grade: Grade, source: Path, wishes: Wishes) -> None:
    """Writes the page, the table or the marked score of one score. Raises OutputError."""
    told = grade.told(wishes.least)
    if path.suffix.lower() in OF_A_CLASS:
        write_class(path, [_sheet(source, grade, told, path.suffix.lower() == PAGE, "n")], grade.style)
        return
    if path.resolve() == source.resolve():
        raise OutputError(f"{path} is not written over: it is what was graded; choose another name with -o")
    _write_score(path, marked(grade, told, source)[0])


def write_repair(path: Path, repair: Repair, source: Path) -> None:
    """Writes a corrected score, each changed note coloured, with what it was above it. Raises OutputError."""
    if path.resolve() == source.resolve():
        raise OutputError(f"{path} is not written over: it is what was read; choose another name with -o")
    write_marked(path, repair.score, [each.as_finding(repair.score) for each in repair.changes])


def write_marked(path: Path, score: Score, findings: Sequence[Finding]) -> None:
    """Writes a score as MusicXML with findings marked in it. Raises OutputError."""
    from rulegen.grading.marking import mark
    from rulegen.io.container import read_tree
    from rulegen.io.musicxml import musicxml_text, text_of_tree

    root = read_tree(musicxml_text(score).encode(), "the score")
    mark(root, findings, {voice.name: voice.name for voice in score.voices})
    _write_score(path, text_of_tree(root))


def _write_score(path: Path, text: str) -> None:
    from rulegen.io.musicxml import COMPRESSED, compressed

    write_whole(path, compressed(text) if path.suffix.lower() == COMPRESSED else text.encode())


def write_class(path: Path, sheets: Sequence[Sheet], style: str) -> None:
    """Writes the page or the table of a class. Raises OutputError."""
    text = html(sheets, style) if path.suffix.lower() == PAGE else class_csv(sheets)
    write_whole(path, text.encode())


def class_table(sheets: Sequence[Sheet]) -> str:
    """The class as a table, and what went wrong most."""
    rows = [_row(sheet) for sheet in sheets]
    lines = [*table(("score", "verdict", "hard", "soft", "nats"), rows)]
    wrong = [(rule, str(scores), str(places)) for rule, scores, places in most_wrong(sheets)]
    if wrong:
        lines += ["", *table(("most often broken", "scores", "places"), wrong)]
    clean = sum(sheet.grade is not None and sheet.grade.is_clean for sheet in sheets)
    lines += ["", f"{clean} of {counted(len(sheets), 'score')} clean"]
    return "\n".join(lines)


def _row(sheet: Sheet) -> tuple[str, ...]:
    if sheet.grade is None:
        return sheet.name, "not read", "", "", ""
    hard = sum(each.hard for each in sheet.grade.findings)
    verdict = "clean" if sheet.grade.is_clean else "not clean"
    return sheet.name, verdict, str(hard), str(len(sheet.grade.findings) - hard), f"{sheet.grade.cost:.2f}"


def class_csv(sheets: Sequence[Sheet]) -> str:
    """The class as CSV: a row a score, with a column for each hard rule that was broken."""
    import csv
    import io

    rules = [rule for rule, _, _ in most_wrong(sheets)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["score", "verdict", "hard", "soft", "nats", *rules, "fault"])
    for sheet in sheets:
        broken = [each.rule for each in sheet.grade.findings if each.hard] if sheet.grade is not None else []
        name, *figures = _row(sheet)
        writer.writerow([_plain(name), *figures, *(broken.count(rule) for rule in rules), sheet.fault])
    return buffer.getvalue()


def _plain(name: str) -> str:
    """A name that no program for tables takes for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
