"""Which notes the surface may have around a skeleton: each note of it alone, divided by an ornament on the
way to the next or before it is reached, or held on into the time of the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rulegen.lattice.codes import Integers
from rulegen.lattice.problem import IntArray
from rulegen.plan.ornament_windows import OrnamentPlaces
from rulegen.plan.surface import END, FRONT, HELD, OWN, RESOLUTION, Shape, Surface, SurfaceLine


@dataclass(frozen=True, eq=False)
class OrnamentChoices:
    """From skeletons to the codes that each embellished voice may have at each step. What depends on time
    alone is made once.
    """

    surface: Surface

    def domains(self, values: Integers) -> list[list[IntArray]]:
        """Of each line, the codes at each layer of the surface. values: the skeleton, int (layers,
        components).
        """
        sounded = self._sounded(values)
        return [self._domains(line, sounded) for line in self.surface.lines]

    def _sounded(self, values: Integers) -> Integers:
        """(moments of the surface, components): what the skeleton sounds."""
        skeleton = self.surface.skeleton
        return values[skeleton.draft.layer_of[self.surface.moments]]

    def _domains(self, line: SurfaceLine, sounded: Integers) -> list[IntArray]:
        draft = self.surface.plan.draft
        found: list[set[int]] = [set() for _ in draft.moment_of]
        layer_of = draft.layer_of.tolist()
        for first, pitch, shape in self.notes(line, sounded):
            code = pitch * line.width + line.place(first, shape)
            for step in range(shape.length):
                found[layer_of[first + step]].add(code + step)
        return [np.array(sorted(each), dtype=np.int32) for each in found]

    def notes(self, line: SurfaceLine, sounded: Integers) -> Iterator[tuple[int, int, Shape]]:
        """The notes that a line may have around a skeleton: the step at which each begins, its pitch, its
        shape.
        """
        pitches, fits = self.pitches(line, sounded), self.ornaments(line, sounded)
        frame, repeats = self.surface.plan.schedule.frame, self.surface.plan.draft.repeats
        for place, cell in enumerate(line.cells):
            if repeats[frame.statement_of[cell.first]] >= 0:
                continue
            fronts, ends = fits.get((FRONT, place), {}), fits.get((END, place), {})
            into, onward = fits.get((HELD, place), {}), fits.get((HELD, place + 1), {})
            for steps, each in fronts.items():
                for pitch, ornament in each.items():
                    yield cell.first, pitch, Shape(steps, FRONT, 0, ornament)
            for steps, each in ends.items():
                for pitch, ornament in each.items():
                    yield cell.stop - steps, pitch, Shape(steps, END, 0, ornament)
            heads = {
                0: OWN,
                **dict.fromkeys((each for each in (*fronts, *into) if each < cell.steps), RESOLUTION),
            }
            for head, family in heads.items():
                left, own = cell.steps - head, pitches[place]
                yield cell.first + head, own, Shape(left, family)
                for steps in ends:
                    if steps < left:
                        yield cell.first + head, own, Shape(left - steps, family)
                for steps, each in onward.items():
                    yield cell.first + head, own, Shape(left + steps, family, steps, each[own])

    def pitches(self, line: SurfaceLine, sounded: Integers) -> list[int]:
        """The pitch of each cell, by its place among those of the line."""
        skeleton = self.surface.skeleton.tables
        of_codes = [line.pitches.index(pitch) for pitch in skeleton.voices[line.voice].pitches]
        codes = sounded[[cell.first for cell in line.cells], skeleton.of_voice(line.voice)]
        return [of_codes[code] for code in codes.tolist()]

    def ornaments(
        self, line: SurfaceLine, sounded: Integers
    ) -> dict[tuple[int, int], dict[int, dict[int, int]]]:
        """The ornaments that fit: (family, cell) → steps → pitch → the first ornament that it is."""
        places = self._places[line.voice]
        windows = places.of_notes(np.array(self.pitches(line, sounded)), sounded)
        found: dict[tuple[int, int], dict[int, dict[int, int]]] = {}
        for number, kind in enumerate(places.kinds):
            holds = np.flatnonzero(windows.hold(*kind))
            rows = (each[holds].tolist() for each in windows.at)
            for family, cell, steps, pitch in zip(*rows, strict=True):
                found.setdefault((family, cell), {}).setdefault(steps, {}).setdefault(pitch, number)
        return found

    @cached_property
    def _places(self) -> dict[int, OrnamentPlaces]:
        """By voice, where ornaments may stand."""
        return {line.voice: OrnamentPlaces.of(self.surface, line) for line in self.surface.lines}
