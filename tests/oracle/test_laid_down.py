"""Rhythms that are laid down, with rests, against the law of tiny styles written out."""

import pytest

from rulegen.folds.run import judge
from rulegen.rules.music import music_of
from tests.oracle.agreement import assert_engine_keeps_the_law
from tests.oracle.brute import counted, style_of
from tests.oracle.music import Music
from tests.oracle.pieces import pieces

WALTZ = """style "waltz"  meter 3/4  key C major
voices { soprano E4..G4  alto C4..E4 }
pattern oompah = rest 1/4, 1/4, 1/4   pattern long = 1/2 1/4
rhythm soprano { patterns long }  rhythm alto { patterns oompah }
melody { notes C E G }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
"""
SOLO = """style "solo"  meter 2/4  key C major
voices { soprano C4..G4 }  melody { notes C G }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
pattern upbeat = rest 1/8, 1/8 1/4   pattern over = tied 1/8, 1/8 1/4   pattern turn = euclid(3, 4, 1) of 1/8
"""
DRAWN = """style "drawn"  meter 3/4  key C major
voices { soprano G4..G4  alto C4..G4 }  rhythm { values 1/4, 1/2 }  melody { notes C G }
form { A = 1 bars, cadence half }
"""
TURN = """
rule turn is avoided { for consecutive notes a, b in voice  then leap(a, b) }  avoid turn weight 0.7
rule late is avoided { for note n in voice  then n.opens_phrase and n is G4 }  avoid late weight 0.4
rule same is forbidden { for consecutive notes a, b, c in voice  then a == b and b == c }  forbid same
"""
PAIRS = """
rule near is avoided { for moment m  then interval(alto@m, soprano@m) in (M3, m3) }  avoid near weight 0.4
rule apart is avoided { for consecutive moments s, t  then moves(alto, s, t) and moves(soprano, s, t) }
avoid apart weight 0.6
"""
CLOSES = """
rule final is avoided { for note n in voice  then n.closes_phrase and n is E4 }  avoid final weight 0.7
rule before is avoided { for consecutive notes a, b in voice  then a.before_close and b is C4 or b.before_close }  avoid before weight 0.4
rule met is avoided { for moment m  when m.closes_phrase  then soprano@m is G4 }  avoid met weight 0.3
rule nearly is avoided { for moment m  when m.before_close  then alto@m is C4 }  avoid nearly weight 0.35
rule ends is avoided { for consecutive notes a, b in soprano  then b.closes_phrase and a == b }  avoid ends at cadences weight 0.2
"""
TWO_PHRASES = "A = 1 bars, cadence half, 1 bars, cadence authentic"
STYLES = {
    "afterbeats against a bass": WALTZ + PAIRS + TURN,
    "afterbeats with chords": WALTZ.replace("melody { notes C E G }", "harmony { chords I vi  change every bar }")
    + PAIRS,
    "a pattern that begins with a rest": SOLO + "rhythm { patterns upbeat }" + TURN,
    "a pattern tied over the bar": SOLO.replace("1 bars, cadence half, 1 bars", "2 bars")
    + "rhythm { patterns over }" + TURN,
    "a Euclidean pattern and a close": SOLO + "rhythm { patterns turn  close 1/4 }" + TURN,
    "half a bar at a time": SOLO.replace("pattern over", "pattern dot = 3/16 1/16  pattern over")
    .replace("1 bars, cadence half, 1 bars", "1.5 bars")
    + "rhythm { patterns each 1/4 dot }" + TURN,
    "a breath at each phrase": SOLO + "rhythm { every 1/8  breath 1/8 }" + TURN,
    "phrases that begin late": SOLO + "rhythm { every 1/4  begin phrases after 1/8 }" + TURN,
    "a voice that enters late": WALTZ.replace("patterns long", "every 1/4  begin after 1 bars") + PAIRS,
    "a piece that begins late, stated again": SOLO.replace(TWO_PHRASES, "A = 1 bars  B = 1 bars  piece = A A B")
    + "rhythm { every 1/4  begin after 1/8 }" + TURN,
    "a rhythm in one section": SOLO.replace(TWO_PHRASES, "A = 1 bars  B = 1 bars  piece = A B A")
    + "rhythm { every 1/4 }  rhythm soprano in section B { patterns upbeat }" + TURN,
    "a voice silent in one section": WALTZ.replace(TWO_PHRASES, "A = 1 bars  B = 1 bars  piece = A B")
    + "rhythm soprano in section B { tacet }"
    + PAIRS,
    "a drum beside two voices": WALTZ.replace("C4..E4 }", "C4..E4  drums percussion { snare } }")
    .replace("rhythm soprano", "rhythm snare { patterns oompah }  rhythm soprano")
    + PAIRS
    + TURN
    + """rule beat is avoided { for consecutive notes a, b in voice  then b.duration == a.duration and b.is_strong }
    avoid beat weight 0.3
    rule under is avoided { for moment m  then m.lowest is C4 and m.is_strong }  avoid under weight 0.5""",
    "what is asked of rests and of ties": SOLO.replace("1 bars, cadence half, 1 bars", "1 bars, 2 bars")
    + """rhythm { patterns over }  rhythm soprano in section A { patterns upbeat  breath 1/16 }
    rule rests is avoided { for note n in voice  when n is G4  then n.after_rest or n.before_rest }  avoid rests weight 0.7
    rule held is avoided { for consecutive notes a, b in voice  when leap(a, b)  then a.held_over > a.strength or b.held_over >= 0.25 }
    avoid held weight 0.4
    rule run is avoided { for note n in voice  when n is C4  then n.since_rest + n.duration > 1/4 }  avoid run weight 0.3""",
    "who begins where": WALTZ
    + """rule both is avoided { for moment m  then begins(soprano, m) and begins(alto, m) and m.lowest is C4 }  avoid both weight 0.7
    rule bar is avoided { for bar b  then all(moment m in b where exists(voice v where begins(v, m))) and count(note n in soprano in b where n is G4) == 1 }
    avoid bar weight 0.4
    rule alone is avoided { for voices a, b  for consecutive moments s, t  then begins(a, t) and not begins(b, t) and moves(a, s, t) }  avoid alone weight 0.3""",
    "who begins where, of two drawn rhythms": DRAWN
    + """rule both is avoided { for moment m  then begins(soprano, m) and begins(alto, m) and m.lowest is C4 }  avoid both weight 0.7
    rule held is avoided { for note n in voice  then n.held_over >= 0.25 and n.strength < 1 }  avoid held weight 0.4
    rule long is avoided { for consecutive notes a, b in voice  then a.held_over > b.held_over }  avoid long weight 0.3""",
    "values drawn up to a breath": SOLO + "rhythm { values 1/8, 1/4 weight 0.5  breath 1/8 }" + TURN,
    "values drawn to a close and a breath": SOLO
    + "rhythm { values 1/8, 1/4 weight 0.3  close 1/4  breath 1/8 }"
    + TURN,
    "the last of a phrase, before a breath": WALTZ.replace("notes C E G", "notes E G")
    .replace("patterns oompah }", "every 1/4  breath 1/4 }").replace("patterns long }", "patterns long  breath 1/8 }") + CLOSES,
    "the last of a phrase, where both rest": WALTZ.replace("patterns oompah }", "every 1/4  breath 1/4 }")
    .replace("patterns long }", "patterns long  breath 1/4 }") + CLOSES,
    "the last chord before a breath": WALTZ.replace("melody { notes C E G }", "melody { notes E }  harmony { chords I vi  change every beat }")
    .replace("patterns oompah", "every 1/4  breath 1/4").replace("patterns long", "every 1/4  breath 1/4") + CLOSES
    + """rule last is avoided { for chord c  then c.closes_phrase and c.degree == 6 }  avoid last weight 0.7
    rule penultimate is avoided { for consecutive chords c, d  then c.before_close and c == d }  avoid penultimate weight 0.35""",
    "a pickup and a pattern": SOLO.replace("form {", "form { pickup 1/8 ") + "rhythm { patterns upbeat  breath 1/16 }" + TURN,
}  # fmt: skip


@pytest.mark.parametrize("name", STYLES)
def test_mass_count_ranking_and_marginals_are_those_of_the_law(name: str) -> None:
    assert_engine_keeps_the_law(STYLES[name])


@pytest.mark.parametrize("name", STYLES)
def test_grading_finds_what_the_law_counts(name: str) -> None:
    style = style_of(STYLES[name])
    every = list(pieces(style))
    for piece in every[:: max(1, len(every) // 12)]:
        music, score = Music(piece), music_of(piece.score())
        for use in style.uses:
            found = [score.draft.frame.onsets[each.moments[-1]] for each in judge(use, score).found]
            assert sorted(map(float, found)) == sorted(each.onset for each in counted(use, music)), use.title
