"""Files as they are rendered in other formats, and played."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from rulegen.face.formats import SOUND, need

if TYPE_CHECKING:
    from rulegen.face.piece import Piece

_MIDI = (".mid", ".midi")


@dataclass(frozen=True)
class ScoreFile:
    """A file of a score, which is read when it is needed. A MIDI file sounds as it stands."""

    path: Path

    def pages(
        self, kind: str, labels: bool = True, sound_font: str | PathLike[str] | None = None
    ) -> list[bytes]:
        """The score as bytes: one file, or one a page where it is a picture. Raises ScoreReadError and
        OutputError.
        """
        if kind in SOUND and self.path.suffix.lower() in _MIDI:
            from rulegen.face.sound import sound_of_midi

            need(kind)
            return [sound_of_midi(self.path, kind, None if sound_font is None else Path(sound_font))]
        return self._piece.pages(kind, labels, sound_font)

    @cached_property
    def _piece(self) -> Piece:
        from rulegen.face.opening import read

        return read(self.path)


def play(sounding: Piece | ScoreFile, sound_font: Path | None = None) -> None:
    """Plays a score on this machine, and returns when it has ended. Raises OutputError where it cannot."""
    from rulegen.sound.playing import play_wave, player

    program = player()
    play_wave(program, sounding.pages("wav", sound_font=sound_font)[0])
