"""Which forms of a style with alternatives a score may have that says none itself."""

from __future__ import annotations

from dataclasses import replace

from rulegen.errors import StyleError
from rulegen.plan.matching import lacks_only_silence
from rulegen.plan.rows import timeline_of
from rulegen.score.events import Score
from rulegen.score.timeline import Timeline
from rulegen.style.model import Style
from rulegen.style.open_forms import OpenForms, identity_of

_LISTS: list[tuple[Style, list[Style]]] = []  # of the styles that were asked for by last


def forms_like(score: Score, style: Style, most: int) -> list[Style]:
    """The forms that are as long as a score and have its meters and its mode, in the score's key: at most so
    many, those first whose phrases end where the score has its fermatas and its long notes, and of these the
    likeliest. None where the style has too many forms to go through.
    """
    forms = _all_forms(style)
    of_key = [each for each in forms if each.key == score.key]
    of_mode = [each for each in forms if each.key is not None and each.key.mode == score.key.mode]
    found: dict[object, tuple[tuple[int, int], Style]] = {}
    for each in of_key or of_mode or forms:
        form = replace(each, key_from=None, key=score.key if of_key or of_mode else each.key)
        timeline = timeline_of(form, {})
        if lacks_only_silence(score, timeline.end) and timeline.meters == score.timeline.meters:
            found.setdefault(identity_of(form), (_strangeness(score, timeline), form))
    ranked = sorted(found.values(), key=lambda item: item[0])  # which keeps the likeliest of equals first
    return [form for _, form in ranked[:most]]


def _all_forms(style: Style) -> list[Style]:
    """The forms of a style, the likeliest first; none where they are too many."""
    known = next((forms for each, forms in _LISTS if each is style), None)
    if known is None:
        forms = OpenForms(style)
        try:
            known = [forms[number] for number, _ in forms.listed()]
        except StyleError:
            known = []
        _LISTS[:] = [(style, known), *_LISTS[:3]]
    return known


def _strangeness(score: Score, timeline: Timeline) -> tuple[int, int]:
    """How many phrases end where no fermata is, or fermatas stand where none ends; then how many end within
    notes.
    """
    ends = {phrase.end for phrase in timeline.phrases}
    held = {note.end for note in score.notes if note.fermata}
    cut = sum(note.onset < end < note.end for end in ends for note in score.notes)
    return (len(held ^ ends) if held else 0), cut
