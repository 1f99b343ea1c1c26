"""Findings shown in the score itself: coloured notes, and the rule's name where it is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from rulegen.grading.finding import Finding
from rulegen.io.lines import Written
from rulegen.io.read_musicxml import written_notes

HARD, SOFT = "#C00000", "#8A5A00"  # colours that are told apart on white, printed in grey too


def mark(
    root: Element, findings: Sequence[Finding], sung: Mapping[str, str], name: str = "n", words: bool = True
) -> tuple[tuple[str, ...], ...]:
    """Marks findings in a MusicXML tree, which is changed, and tells the ids of the notes of each.

    sung: voice of the style → voice of the score; name: what the ids begin with; words: whether the rules are
    named above the staff. Raises ScoreReadError for a tree that is no score.
    """
    notes = written_notes(root, "the score")
    own = {voice: notes[sung.get(voice, voice)] for voice in sung}
    places = {id(child): (parent, child) for parent in root.iter("measure") for child in parent}
    ids: dict[int, str] = {}
    found, said = [], set()
    for finding in findings:
        marked = [*_notes_of(finding, own)]
        for each in marked:
            element = each.element
            ids.setdefault(id(element), element.get("id") or f"{name}{len(ids) + 1}")
            element.set("id", ids[id(element)])
            if element.get("color") != HARD:
                element.set("color", HARD if finding.hard else SOFT)
        found.append(tuple(dict.fromkeys(ids[id(each.element)] for each in marked)))
        first = next((each for each in marked if each.onset <= finding.onset < each.end), None)
        if words and first is not None and (id(first.element), finding.rule) not in said:
            said.add((id(first.element), finding.rule))
            _say(finding, *places[id(first.element)])
    return tuple(found)


def _notes_of(finding: Finding, notes: Mapping[str, Sequence[Written]]) -> Iterator[Written]:
    """The notes that sound where the elements of a finding begin, of its voices from the top, or of all; of a
    finding that speaks of silence, the rests.
    """
    voices = [voice for voice in notes if voice in finding.voices] or [*notes]
    for onset in finding.onsets or (finding.onset,):
        yield from (each for voice in voices for each in notes[voice] if _sounds(each, onset))


def _sounds(note: Written, onset: Fraction) -> bool:
    return note.onset <= onset < note.end


def _say(finding: Finding, measure: Element, note: Element) -> None:
    """Puts the rule's name above a note, before all notes of its stem."""
    place = [*measure].index(note)
    while measure[place].find("chord") is not None:
        place -= 1
    direction = Element("direction", placement="above")
    words = SubElement(SubElement(direction, "direction-type"), "words")
    words.set("color", HARD if finding.hard else SOFT)
    words.set("font-size", "7")
    words.set("font-style", "italic")
    words.text = finding.rule.replace("_", " ")
    for voice in note.findall("voice"):
        SubElement(direction, "voice").text = voice.text
    for staff in note.findall("staff"):
        SubElement(direction, "staff").text = staff.text
    measure.insert(place, direction)
