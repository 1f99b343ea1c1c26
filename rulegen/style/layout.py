"""Lays a form out in time: its statements, phrases, keys, meters, tempi and upbeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from rulegen.score.timeline import MeterChange, Modulation, Phrase, Section, Tempo, Timeline
from rulegen.style.model import Form, PhrasePlan, SectionPlan, key_of
from rulegen.theory.meter import Meter
from rulegen.theory.scale import Key

ANY_KEY = Key.parse("C major")  # where only time is asked for


@dataclass(frozen=True)
class Base:
    """What holds where a form says nothing else."""

    key: Key
    meter: Meter
    tempo: Tempo


def timeline_of_form(form: Form, base: Base) -> Timeline:
    """The timeline of a form of one's own.

    A section begins with its upbeat, by which the bar before it is short, and so does each of its phrases.
    The last bar of the piece makes up for the first upbeat.
    """
    plans = {section.name: section for section in form.sections}
    shortened = dict(endings(form))
    laid = _Laid(base)
    first: dict[str, int] = {}
    for place, name in enumerate(form.order):
        plan, onset = plans[name], laid.now
        pickup = pickup_of(plan, form)
        key = base.key if plan.key is None else key_of(plan.key, base.key)
        laid.signatures.append((onset, key))
        for number, phrase in enumerate(plan.phrases):
            meter = phrase.meter or plan.meter or base.meter
            length = phrase.bars * meter.bar_length
            if number == len(plan.phrases) - 1:
                length += pickup - shortened[name]
            change = MeterChange(laid.now, meter, pickup)
            laid.phrase(replace(phrase, tempo=phrase.tempo or plan.tempo), key, change, length)
            laid.phrases.append(Phrase(laid.now, laid.now + length, name, place + 1, phrase.cadence))
            laid.now += length
        statement = 1 + form.order[:place].count(name)
        laid.sections.append(Section(name, onset, laid.now, statement, first.get(name)))
        first.setdefault(name, place)
    return laid.timeline()


def pickup_of(section: SectionPlan, form: Form) -> Fraction:
    """The upbeat with which a section begins."""
    return form.pickup if section.pickup is None else section.pickup


def endings(form: Form) -> Iterator[tuple[str, Fraction]]:
    """By how much the last bar of each section is short: by the upbeat of what follows it."""
    plans = {section.name: section for section in form.sections}
    for name in plans:
        after = followers(form)[name] or [form.order[0]]
        yield name, pickup_of(plans[after[0]], form)


def followers(form: Form) -> Mapping[str, list[str]]:
    """What follows each statement of each section."""
    found: dict[str, list[str]] = {section.name: [] for section in form.sections}
    for name, after in zip(form.order, form.order[1:], strict=False):
        found[name].append(after)
    return found


class _Laid:
    """A timeline in the making."""

    def __init__(self, base: Base) -> None:
        self.base, self.now = base, Fraction(0)
        self.keys: list[tuple[Fraction, Key]] = []
        self.signatures: list[tuple[Fraction, Key]] = []
        self.meters: list[MeterChange] = []
        self.tempi: list[tuple[Fraction, Tempo]] = []
        self.sections: list[Section] = []
        self.phrases: list[Phrase] = []
        self.modulations: list[Modulation] = []

    def phrase(self, plan: PhrasePlan, key: Key, change: MeterChange, length: Fraction) -> None:
        """Lays down what holds from a phrase on, which stands in a section of this key."""
        own = key if plan.key is None else key_of(plan.key, key)
        self.keys.append((self.now, own))
        self.tempi.append((self.now, plan.tempo or self.base.tempo))
        if plan.key_to is not None:
            self.modulations.append(Modulation(self.now, self.now + length, own, key_of(plan.key_to, key)))
        before = self.meters[-1] if self.meters else None
        if before is None or before[1:] != change[1:]:
            self.meters.append(change)

    def timeline(self) -> Timeline:
        """All that was laid down."""
        return Timeline(
            tuple(self.keys),
            tuple(self.meters),
            tuple(self.tempi),
            tuple(self.signatures),
            tuple(self.sections),
            tuple(self.phrases),
            tuple(self.modulations),
            self.now,
        )
