"""Tiny styles with preferences of every shape; all their scores can be written out."""

from __future__ import annotations

from tests.oracle.styles import CHORDS, DUO, SOLO

TURNS = """
rule turn is avoided weight 0.7 {
  "A line that turns."
  for consecutive notes a, b, c in voice
  then direction(a, b) != direction(b, c)
  right { voice: C4 D4 E4 }
  wrong { voice: C4 D4 C4 } at note 3
}
rule climb is required weight 0.4 {
  "A step up goes on."
  for consecutive notes a, b, c in voice
  when step(a, b) and b.midi > a.midi
  then c.midi > b.midi
  right { voice: C4 D4 E4 }
  wrong { voice: C4 D4 C4 } at note 3
}
"""
LINE = f"{SOLO} use melody {TURNS} apply turn, climb  prefer leap weight 0.6  avoid repeated_note strongly"
COUNTS = f"""{SOLO} use melody
rule high is preferred weight 0.5 {{
  "Two of the bar's notes are high."
  for bar b
  then count(note n in b where n.midi > 64) >= 2
  right {{ voice: A4 A4 C4 C4 }}
  wrong {{ voice: C4 C4 C4 C4 }} at bar 1
}}
apply high  avoid leap weight 1"""
PAIR = (
    f"{DUO} use voice_leading use melody prefer contrary_motion weight 1 avoid leap weight 0.3 "
    "forbid voice_crossing avoid parallel_fifths weight 2"
)
HARMONY = (
    f"{CHORDS} use harmony use melody use voice_leading prefer strong_root_motion weight 0.8 "
    "avoid leap in bass weight 0.5 prefer contrary_motion weight 0.4 require open_on_tonic weight 1.5"
)
