"""Several voices whose rhythms are drawn together, against the law of tiny styles, written out."""

from __future__ import annotations

import pytest

from rulegen.plan import domains, drawn, problem
from tests.oracle.agreement import Engine, assert_engine_keeps_the_law
from tests.oracle.brute import style_of

PAIR = """style "pair"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..D4 }
rhythm soprano { values 1/4 weight 0.5, 1/2 }  rhythm alto { values 1/4, 3/4 weight 1, 1/2 weight 0.3 }
melody soprano { notes E G }  melody alto { notes C D }  form { A = 2 bars, cadence half }
"""
WITH_CHORDS = """style "chords"  meter 2/4  key C major
voices { soprano D4..E4  bass B3..C4 }
rhythm soprano { values 1/4 weight 0.5, 1/2 }  rhythm bass { values 1/4, 1/2 weight 0.3 }
melody soprano { notes scale }  melody bass { notes scale }
form { A = 1 bars, cadence authentic }  harmony { chords I V  change every 1/4 }
"""
REPEATED = """style "repeats"  meter 3/4  key C major
voices { soprano E4..G4  alto C4..D4 }
rhythm soprano { values 1/4 weight 0.5, 1/2 }  rhythm alto { values 1/4, 1/2 weight 0.3 }
melody soprano { notes E G }  melody alto { notes C D }  form { A = 1 bars, cadence half  piece = A A }
"""
GOING_ON = REPEATED.replace("notes C D", "notes C").replace("piece = A A", "B = 1 bars  piece = A B A")
THREE_FREE = """style "three"  meter 2/4  key C major
voices { soprano E4..F4  alto C4..D4  tenor A3..B3 }
rhythm { values 1/4, 1/2 weight 0.4 }  melody { notes scale }  form { A = 1 bars }
"""

ON_NOTES = """rule turn is avoided { for consecutive notes a, b in voice  then a == b and a.duration < b.duration }  avoid turn weight 0.6
rule back is avoided { for consecutive notes a, b, c in voice  then a == c and b.is_strong }  avoid back weight 0.3
rule long is avoided { for note n in alto  then n.duration >= 1/2 and n.is_strong }  avoid long weight 0.2
"""
BETWEEN = """rule near is avoided { for moment m  then interval(alto@m, soprano@m) is M3 }  avoid near weight 0.4
rule together is avoided { for consecutive moments s, t for voices v, w
  then moves(v, s, t) and moves(w, s, t) }  avoid together weight 0.7
rule strong is avoided { for consecutive moments s, t  when t.is_strong  then motion(alto, soprano, s, t) is oblique }
avoid strong weight 0.35
"""
MOMENTS = """rule wave is avoided { for consecutive moments s, t, u  then soprano@s == soprano@u and soprano@s != soprano@t }
avoid wave weight 0.5
rule still is avoided { for consecutive moments s, t, u  then alto@s == alto@u and soprano@s == soprano@t }  avoid still weight 0.25
"""
STYLES = {
    "two": PAIR.replace("2 bars", "1.5 bars") + ON_NOTES + BETWEEN,
    "two, windows of three moments": PAIR + MOMENTS,
    "two, allowed so often": PAIR
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }  forbid same at most 1 per phrase
        rule near is avoided { for moment m  then interval(alto@m, soprano@m) is M3 }  forbid near at most 2 per piece""",
    "two, counted": PAIR
    + """rule more is avoided { for phrase p  then count(note n in alto in p) > count(note n in soprano in p) }  avoid more weight 0.6
        rule alike is avoided { for note n in soprano  then exists(note m in alto in piece where m.onset == n.onset
          and m.duration == n.duration) }  avoid alike weight 0.3
        rule density is avoided { for phrase p  then count(moment m in p) >= 4 }  avoid density weight 0.8""",
    "two with chords": WITH_CHORDS
    + """rule inside is required { for note n in voice  when n.is_strong  then n.is_chord_tone }  require inside weight 0.7
        rule leads is avoided { for consecutive notes a, b in voice  then a.is_chord_tone and not b.is_chord_tone }
        avoid leads weight 0.4
        rule doubled is avoided { for moment m  then (soprano@m).factor == (bass@m).factor }  avoid doubled weight 0.3
        rule root is avoided { for chord c  then c.label == V and c.closes_phrase }  avoid root weight 0.9""",
    "two with chords, windows of three moments": WITH_CHORDS
    + """rule wave is avoided { for consecutive moments s, t, u  then soprano@s == soprano@u and bass@s != bass@t }
        avoid wave weight 0.5""",
    "two beside a fixed voice": PAIR.replace("alto C4..D4 }", "alto C4..D4  tenor A3..B3 }")
    .replace("melody soprano", "rhythm tenor { every 1/2 }  melody tenor { notes A B }  melody soprano")
    .replace("2 bars", "1 bars")
    .replace("3/4 weight 1, ", "")
    + BETWEEN
    + MOMENTS,
    "two beside a given voice": PAIR.replace("alto C4..D4 }", "alto C4..D4  tenor A3..B3 }")
    .replace("2 bars", "1.5 bars")
    .replace("melody soprano", "given tenor = A3:1/4 B3:1/8 A3:3/8  melody soprano")
    .replace("3/4 weight 1, ", "")
    + ON_NOTES
    + BETWEEN
    + MOMENTS,
    "two in a section that comes again": REPEATED
    + ON_NOTES
    + BETWEEN
    + MOMENTS
    + "forbid near at most 1 per section",
    "two in sections that come again": GOING_ON + ON_NOTES + BETWEEN,
    "two in sections that come again, windows of three moments": GOING_ON + MOMENTS,
    "two with a pickup, closes of their own": PAIR.replace("form {", "form { pickup 1/4 ")
    .replace("weight 0.3 }", "weight 0.3  close 1/4 }")
    .replace("1/2 }", "1/2 close 1/2 }")
    + ON_NOTES
    + BETWEEN,
    "two whose lengths have a step in common": PAIR.replace("values 1/4 weight 0.5, 1/2", "values 1/6, 1/4")
    .replace("2 bars", "1 bars")
    .replace("3/4 weight 1, ", "")
    + BETWEEN
    + MOMENTS,
    "three": THREE_FREE
    + """rule turn is avoided { for consecutive notes a, b in voice  then a == b }  avoid turn weight 0.6
        rule together is avoided { for consecutive moments s, t for adjacent voices v, w
          then moves(v, s, t) and moves(w, s, t) }  avoid together weight 0.7""",
}

RESTING = """style "resting"  meter 3/4  key C major
voices { soprano C4..G4 }  rhythm soprano { values 1/4 weight 0.5, 1/2, rest 1/4 weight -0.7, rest 1/2 }
melody { notes C E }  form { A = 1 bars, 1 bars, cadence half }
"""
DUET = """style "duet"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..D4 }
rhythm soprano { values 1/4 weight 0.5, rest 1/4 weight -0.4 }  rhythm alto { values 1/4, 1/2, rest 1/2 weight 0.3 }
melody soprano { notes E G }  melody alto { notes C D }  form { A = 1 bars, 0.5 bars }
"""
WITH_RESTS = {
    "one voice": RESTING
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }  avoid same weight 0.6
        rule back is avoided { for consecutive notes a, b, c in voice  then a == c and b.duration < c.duration }
        avoid back weight 0.3
        rule alone is avoided { for note n in voice  then n is E4 and n.is_strong }  avoid alone weight 0.2
        rule few is avoided { for phrase p  then count(note n in soprano in p) == 1 }  avoid few weight 0.5""",
    "one voice, beside its rests": RESTING
    + """rule low is avoided { for note n in voice  then n.after_rest and n is E4 }  avoid low weight 0.6
        rule high is avoided { for consecutive notes a, b in voice  then b.before_rest and a.after_rest }
        avoid high weight 0.35
        rule breath is avoided { for phrase p  then exists(note n in soprano in p where n.before_rest and n is C4) }
        avoid breath weight 0.45""",
    "one voice and chords": RESTING.replace("C E }", "C E G }")
    .replace("1 bars, 1 bars", "1 bars")
    .replace("melody { notes C E G }", "")
    + """harmony { chords I V  change every 1/4 }
        rule leads is avoided { for consecutive notes a, b in voice  then a.factor is root and b.factor is fifth }
        avoid leads weight 0.4""",
    "a section that comes again": RESTING.replace(
        "A = 1 bars, 1 bars, cadence half", "A = 1 bars  piece = A A"
    )
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }  avoid same weight 0.6
        rule low is avoided { for note n in voice  then n.after_rest and n is E4 }  avoid low weight 0.6
        rule moved is avoided { for consecutive moments s, t  then moves(soprano, s, t) }  avoid moved weight 0.4""",
    "a pickup and a close": RESTING.replace("form {", "form { pickup 1/4 ")
    .replace("rest 1/2 }", "rest 1/2  close 1/4 }")
    .replace("C E }", "C }")
    + """rule low is avoided { for note n in voice  then n.after_rest or n.is_first }  avoid low weight 0.6""",
    "two voices": DUET
    + """rule near is avoided { for moment m  then interval(alto@m, soprano@m) is M3 }  avoid near weight 0.4
        rule together is avoided { for consecutive moments s, t  then moves(soprano, s, t) or moves(alto, s, t) }
        avoid together weight 0.7
        rule silent is avoided { for moment m  then (alto@m).is_rest and soprano@m is G4 }  avoid silent weight 0.3
        rule both is avoided { for moment m  then m.sounding == 2 or m.sounding == 0 }  avoid both weight 0.25""",
    "two voices, the lowest": DUET
    + """rule low is avoided { for moment m  then m.lowest is E4 }  avoid low weight 0.4
        rule high is avoided { for consecutive moments s, t  then leap(s.highest, t.highest) }  avoid high weight 0.6
        rule some is avoided { for moment m  then exists(note n in m where n is D4) }  avoid some weight 0.3
        rule every is avoided { for moment m  then all(note n in m where n is D4 or n is E4) }  avoid every weight 0.35
        rule number is avoided { for moment m  then count(note n in m) == 1 }  avoid number weight 0.2""",
    "two voices, three moments": DUET
    + """rule wave is avoided { for consecutive moments s, t, u  then soprano@s == soprano@u and alto@t is D4 }
        avoid wave weight 0.5""",
}

SOLO = """style "solo"  meter 2/4  key C major
voices { soprano C4..G4 }  melody { notes C G }
"""
BY_SECTION = """form { A = 1 bars, cadence half  B = 1 bars, 1 bars  piece = A B A }
rhythm { values 1/4, 1/2 weight 0.3 }
"""
TURN = """rule turn is avoided { for consecutive notes a, b in voice  then a == b and a.duration <= b.duration }  avoid turn weight 0.6
rule late is avoided { for note n in voice  then n.after_rest or n.opens_phrase and n is G4 }  avoid late weight 0.4
rule back is avoided { for consecutive notes a, b, c in voice  then a == c and b.is_strong }  avoid back weight 0.3
"""
BY_PLACE = {
    "a section with values of its own": SOLO + BY_SECTION
    + "rhythm soprano in section B { values 1/8 weight -0.2, 3/8 }" + TURN,
    "a phrase with values of its own, in such a section": SOLO + BY_SECTION
    + "rhythm in section B { values 1/8 weight -0.2, 3/8 }  rhythm in phrases 3 { values 1/4, rest 1/4 weight 0.7 }" + TURN,
    "values in a section, even notes elsewhere": SOLO + BY_SECTION.replace("values 1/4, 1/2 weight 0.3", "every 1/4")
    + "rhythm soprano in section B { values 1/8, 1/4 weight 0.4  close 1/4 }" + TURN,
    "even notes in a section, a pattern in another, silence in a phrase": SOLO + "pattern off = rest 1/8, 1/8 1/4"
    + BY_SECTION.replace("1 bars, 1 bars", "1 bars  C = 1 bars, 1 bars").replace("A B A", "A B C")
    + "rhythm in section B { every 1/4  breath 1/8 }  rhythm in section C { patterns off }  rhythm in phrases 3 { tacet }" + TURN,
    "two voices with values of their own": PAIR.replace("A = 2 bars, cadence half", "A = 1 bars  B = 0.5 bars  piece = A B A")
    + "rhythm alto in section B { values 1/8 weight -0.3, 1/4 }  rhythm soprano in section B { every beat }" + BETWEEN,
    "a section that begins late": SOLO + BY_SECTION
    + "rhythm in section B { values 1/4 weight 0.5, rest 1/8 weight -0.3  begin after 1/8 }" + TURN,
}  # fmt: skip
CLOSES = """rule close is avoided { for note n in voice  then n.closes_phrase and n is C4 }  avoid close weight 0.6
rule comes is avoided { for consecutive notes a, b in voice  then b.closes_phrase and a == b or a.closes_phrase }  avoid comes weight 0.35
rule from_far is avoided { for consecutive notes a, b, c in voice  then a.opens_phrase and c.closes_phrase or b is C4 }
avoid from_far weight 0.25
rule half is avoided { for phrase p  then exists(note n in soprano in p where n.closes_phrase and n.cadence is half and n.is_strong) }
avoid half weight 0.45
"""
LATE = {
    "no note over a bar line": SOLO + "form { pickup 1/8  A = 2 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, 3/8 weight 0.7, rest 1/4  ties within bars }" + TURN,
    "phrases that begin late": SOLO + "form { A = 1 bars, 1 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8 weight -0.4  begin phrases after 1/8 }" + TURN,
    "a voice that enters after a bar": DUET.replace("rest 1/2 weight 0.3 }", "begin after 1 bars }").replace(
        "1 bars, 0.5 bars", "2 bars").replace("rest 1/4 weight -0.4 }", "1/2 }")
    + "rule near is avoided { for moment m  then m.sounding == 2 and soprano@m is G4 }  avoid near weight 0.4",
    "rests beside a late beginning and a breath": SOLO + "form { pickup 1/8  A = 1 bars, 1 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8 weight -0.4, rest 1/4 weight 0.2  begin phrases after 1/8  breath 1/8 }"
    + CLOSES,
    "phrases that begin late and close": SOLO + "form { pickup 1/8  A = 1 bars, 1 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3  begin phrases after 1/8  close 1/4  breath 1/8 }" + TURN,
    "a voice that is silent for a phrase and enters in the next": SOLO + "form { A = 1 bars, 1 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8  begin after 5/8 }" + TURN,
}  # fmt: skip
PATTERNS = (
    SOLO
    + """pattern even = 1/4 1/4   pattern off = rest 1/8, 1/8 1/4   pattern dot = 3/8 1/8   pattern long = 1/2
pattern over = tied 1/8, 1/8 1/4   pattern on = tied 1/2   pattern ends = 1/4, rest 1/4   pattern begins = rest 1/4, 1/4
"""
)
BY_PATTERN = {
    "two patterns": PATTERNS + "form { A = 2 bars, 1 bars }  rhythm { patterns even, dot weight 0.7 }" + TURN,
    "patterns that begin alike": PATTERNS + "pattern turn = 3/8 1/16 1/16  form { A = 1 bars, 1 bars }"
    + "rhythm { patterns dot weight -0.3, turn weight 0.7, long weight 0.2, off weight 0.4 }" + TURN,
    "patterns that are tied over the bar": PATTERNS + "form { A = 3 bars, cadence half }"
    + "rhythm { patterns long, over weight 0.6, on weight -0.4 }" + TURN,
    "tied after a rest, where it is struck": PATTERNS + "form { A = 2 bars, 1 bars }"
    + "rhythm { patterns ends, over weight 0.6, even weight -0.4 }" + TURN
    + "rule held is avoided { for note n in voice  then n.held_over >= 0.25 and n is G4 }  avoid held weight 0.35",
    "tied, and struck where nothing is before": PATTERNS + "pattern again = 1/8 1/8 1/4  form { A = 2 bars }"
    + "rhythm { patterns again weight 0.2, over weight 0.6, ends weight -0.4 }" + TURN,
    "rests that meet": PATTERNS + "form { A = 2 bars, cadence half }"
    + "rhythm { patterns ends, begins weight 0.6, even weight -0.4 }" + TURN
    + "rule rests is avoided { for consecutive moments s, t  then (soprano@s).is_rest and t.is_strong }  avoid rests weight 0.3",
    "patterns that a close, a breath and a late beginning cut alike": PATTERNS
    + "form { A = 1 bars, 2 bars }"
    + "rhythm { patterns even, off weight 0.6, dot  close 1/4  breath 1/8  begin phrases after 1/8 }" + TURN,
    "patterns in a pickup": PATTERNS + "form { pickup 1/4  A = 2 bars }"
    + "rhythm { patterns even, dot weight 0.6, over weight 0.2 }" + TURN,
    "half a bar at a time": PATTERNS + "pattern whole = 1/4  pattern halves = 1/8 1/8  pattern gap = 1/8, rest 1/8"
    + "form { A = 1.5 bars }  rhythm { patterns each 1/4 whole, halves weight 0.3, gap }" + TURN,
    "by section, beside values": PATTERNS + "form { A = 1 bars  B = 1 bars, 1 bars  piece = A B A }"
    + "rhythm { patterns even, dot weight 0.4 }  rhythm in section B { values 3/8, 1/8 weight 0.3 }" + TURN,
    "two voices": PAIR.replace("rhythm soprano { values 1/4 weight 0.5, 1/2 }  rhythm alto { values 1/4, 3/4 weight 1, 1/2 weight 0.3 }",
        "pattern even = 1/4 1/4  pattern off = rest 1/8, 3/8  pattern over = tied 1/4, 1/4  rhythm soprano { patterns even, off weight 0.3 }  "
        "rhythm alto { patterns even weight -0.2, over }").replace("C4..D4 }", "C4..C4 }") + BETWEEN.replace("t.is_strong", "t.is_strong and moves(alto, s, t)"),
    "with chords": WITH_CHORDS.replace("rhythm bass { values 1/4, 1/2 weight 0.3 }",
        "pattern even = 1/4 1/4  pattern dot = 3/8 1/8  rhythm bass { patterns even, dot weight 0.3 }")
    + """rule leads is avoided { for consecutive notes a, b in voice  then a.is_chord_tone and not b.is_chord_tone }
        avoid leads weight 0.4""",
}  # fmt: skip
CHOIR = """style "choir"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..D4 }  melody soprano { notes E G }  melody alto { notes C D }
"""
ON_BOTH = """rule same is avoided { for consecutive notes a, b in soprano  then a == b and a.duration < b.duration }  avoid same weight 0.6
rule back is avoided { for consecutive notes a, b, c in voice  then a == c and b.is_strong }  avoid back weight 0.3
rule low is avoided { for note n in alto  then n.duration == 1/4 and n is C4 }  avoid low weight 0.7
"""
TOGETHER = {
    "two voices": CHOIR + "form { A = 1.25 bars }  rhythm { values 1/4 weight 0.5, 1/2, 1/8  together }" + ON_BOTH + BETWEEN,
    "two voices with rests": CHOIR.replace("notes E G", "notes E") + "form { A = 1 bars, 1 bars, cadence half }"
    + "rhythm { values 1/4 weight 0.5, 1/2, rest 1/4 weight -0.4  together }"
    + "rule silent is avoided { for note n in alto  then n.after_rest and n is C4 }  avoid silent weight 0.8 "
    + "rule wave is avoided { for consecutive moments s, t  then moves(alto, s, t) or t.sounding == 0 }  avoid wave weight 0.5",
    "beside one of its own": CHOIR.replace("alto C4..D4 }", "alto C4..D4  bass C3..D3 }  melody bass { notes C D }")
    + "form { A = 1 bars }  rhythm soprano, alto { values 1/4 weight 0.5, 1/2  together }  rhythm bass { values 1/4 weight 0.2, 1/2 }"
    + ON_BOTH + BETWEEN.replace("alto", "bass"),
    "in patterns, beginning late, stated again": CHOIR.replace("notes E G", "notes G")
    + "pattern even = 1/4 1/4  pattern over = tied 1/8, 3/8  form { A = 2 bars  B = 1 bars  piece = A B A }"
    + "rhythm { patterns even, over weight 0.4  begin phrases after 1/8  together }  rhythm in section B { every 1/4 }" + ON_BOTH,
    "with chords": WITH_CHORDS.replace("rhythm soprano {", "rhythm {  together ").replace("rhythm bass { values 1/4, 1/2 weight 0.3 }", "")
    + "rule leads is avoided { for consecutive notes a, b in voice  then a.is_chord_tone and not b.is_chord_tone }  avoid leads weight 0.4",
    "with chords, notes of the chords": WITH_CHORDS.replace("rhythm soprano {", "rhythm {  together ").replace(
        "rhythm bass { values 1/4, 1/2 weight 0.3 }", "").replace("melody soprano { notes scale }  melody bass { notes scale }", "").replace("B3..C4", "G3..C4").replace("D4..E4", "D4..G4"),
}  # fmt: skip
FIRST = """rule first is avoided { for note n in voice  then n.opens_phrase and n is G4 }  avoid first weight 0.4
rule begins is avoided { for consecutive notes a, b in voice  then a.opens_phrase and a.is_strong and b is C4 or b.opens_phrase }
avoid begins weight 0.35
rule third is avoided { for consecutive notes a, b, c in voice  then a.opens_phrase and a == c }  avoid third weight 0.25
rule some is avoided { for phrase p  then exists(note n in soprano in p where n.opens_phrase and n is C4) }  avoid some weight 0.15
"""
OPENING = {
    "after a rest that is drawn": SOLO + "form { A = 1 bars, 0.5 bars, cadence half }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8 weight -0.4 }" + FIRST,
    "after the rest with which each begins": SOLO + "form { A = 1 bars, 1 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8  begin phrases after 1/8 }" + FIRST,
    "the first of the piece": SOLO + "form { A = 1 bars, 0.5 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8 weight -0.4, rest 1/4 }"
    + """rule first is avoided { for note n in voice  then n.is_first and n is G4 }  avoid first weight 0.4
    rule leads is avoided { for consecutive notes a, b in voice  then b.is_first or leap(a, b) and b.opens_phrase }  avoid leads weight 0.3""",
    "in patterns": PATTERNS + "form { A = 1 bars, 2 bars }"
    + "rhythm { patterns even, off weight 0.6, begins weight 0.2 }" + FIRST,
    "without rests": SOLO + "form { A = 1 bars, 1 bars }  rhythm { values 1/8, 1/4 weight 0.3 }" + FIRST
    + "rule outer is avoided { for consecutive notes a, b in voice  then a.is_first and a.is_strong and b is C4 or b.is_last and b is G4 }  avoid outer weight 0.3",
    "together": CHOIR.replace("notes E G", "notes E") + "form { A = 1 bars, 0.5 bars }  rhythm { values 1/8, 1/4 weight 0.3, rest 1/8  together }"
    + FIRST.replace("is G4", "is D4"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOGETHER)
def test_voices_that_move_together_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(TOGETHER[name]) > 20


EDGES = """rule opening is avoided { for note n in voice  then n.opens_phrase and n.is_strong }  avoid opening weight 0.6
rule first is avoided { for consecutive notes a, b in voice  then a.is_first and a.duration < b.duration }  avoid first weight 0.35
rule last is avoided { for consecutive notes a, b, c in voice  when c.is_last  then a.opens_phrase or b is C4 }  avoid last weight 0.45
rule end is avoided { for note n in voice  then n.is_last and n is C4 }  avoid end weight 0.25
rule alone is avoided { for phrase p  then count(note n in soprano in p where n.is_first or n.is_last) == 1 }  avoid alone weight 0.15
"""
AT_EDGES = {
    "rests that are drawn": RESTING + EDGES,
    "a section that comes again": RESTING.replace("A = 1 bars, 1 bars, cadence half", "A = 1 bars  piece = A A") + EDGES,
    "a pickup and a close": RESTING.replace("form {", "form { pickup 1/4 ").replace("rest 1/2 }", "close 1/4 }") + EDGES,
    "phrases that begin late and breathe": SOLO + "form { A = 1 bars, 1 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3  begin phrases after 1/8  breath 1/8 }" + EDGES,
    "patterns": PATTERNS + "form { A = 2 bars, 1 bars }"
    + "rhythm { patterns ends, begins weight 0.6, even weight -0.4 }" + EDGES,
}  # fmt: skip


CLOSING = {
    "before rests that are drawn": RESTING + CLOSES,
    "before a breath": SOLO + "form { A = 1 bars, 1 bars, cadence half }"
    + "rhythm { values 1/8, 1/4 weight 0.3  breath 1/8 }" + CLOSES,
    "before a breath and rests that are drawn": SOLO + "form { A = 1 bars, cadence half, 0.75 bars }"
    + "rhythm { values 1/8, 1/4 weight 0.3, rest 1/8 weight -0.4  breath 1/8 }" + CLOSES,
    "before a breath, in a section that comes again": SOLO + "form { A = 1 bars, cadence half  B = 0.75 bars  piece = A B A }"
    + "rhythm { values 1/8, 1/4 weight 0.3  breath 1/8 }  rhythm in section B { values 1/8 weight 0.3, rest 1/4 }" + CLOSES,
    "in patterns": PATTERNS + "form { A = 1 bars, cadence half, 2 bars }"
    + "rhythm { patterns ends, off weight 0.6 }" + CLOSES,
    "together": CHOIR + "form { A = 0.5 bars, cadence half, 0.5 bars }  rhythm { values 1/8, 1/4 weight 0.3, rest 1/8  together }"
    + CLOSES.replace("C4", "D4"),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSING)
def test_the_last_note_of_a_phrase_is_that_before_its_rests(name: str) -> None:
    assert assert_engine_keeps_the_law(CLOSING[name]) > 20


@pytest.mark.parametrize("name", AT_EDGES)
def test_the_first_and_the_last_note_beside_rests_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(AT_EDGES[name]) > 10


@pytest.mark.parametrize("name", OPENING)
def test_the_first_note_of_a_phrase_is_that_after_its_rests(name: str) -> None:
    assert assert_engine_keeps_the_law(OPENING[name]) > 20


@pytest.mark.parametrize("name", BY_PATTERN)
def test_patterns_that_are_drawn_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(BY_PATTERN[name]) > 20


@pytest.mark.parametrize("name", BY_PLACE)
def test_rhythms_drawn_by_section_and_by_phrase_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(BY_PLACE[name]) > 20


@pytest.mark.parametrize("name", LATE)
def test_drawn_rhythms_that_begin_late_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(LATE[name]) > 10


@pytest.mark.parametrize("name", WITH_RESTS)
def test_rests_that_are_drawn_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(WITH_RESTS[name]) > 10


@pytest.mark.parametrize("name", STYLES)
def test_several_drawn_rhythms_keep_the_law(name: str) -> None:
    assert assert_engine_keeps_the_law(STYLES[name]) > 20


@pytest.mark.parametrize("name", STYLES)
def test_the_mass_is_the_same_with_lengths_in_the_symbols(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    style = style_of(STYLES[name])
    plain = Engine(style)
    mass = plain.log_mass

    def all_lengths(*of: object) -> dict[int, dict[str, object]]:
        found = drawn.memories(*of)  # type: ignore[arg-type]
        return {voice: {**parts, "duration": drawn._LENGTH} for voice, parts in found.items()}

    monkeypatch.setattr(problem, "memories", all_lengths)
    monkeypatch.setattr(domains, "memories", all_lengths)
    long = Engine(style)
    sizes = [[len(voice) for voice in each.plan.tables.voices] for each in (plain, long)]
    assert sum(sizes[0]) < sum(sizes[1]) or "turn" in STYLES[name]  # which asks how long notes were
    assert long.log_mass == pytest.approx(mass, rel=0, abs=1e-9)
