"""Tiny styles, each for a shape that rules can have; all their scores can be written out."""

from __future__ import annotations

SOLO = """style "solo"  meter 4/4  key C major
voices { soprano C4..A4 }  rhythm { every 1/4 }  melody { notes C D G A }
form { A = 1 bars, cadence authentic }
"""
LONGER = """style "longer"  meter 3/4  key C major
voices { soprano C4..G4 }  rhythm { every 1/4 }  melody { notes C E G }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
"""
STEADY = LONGER.replace("every 1/4", "every 1/4 close 1/2")
DUO = """style "duo"  meter 3/4  key C major
voices { soprano E4..G4  alto C4..E4 }  rhythm { every 1/4 }  melody { notes C D E F G }
form { A = 1 bars, cadence authentic }
"""
TRIO = """style "trio"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..E4  bass G3..C4 }  rhythm { every 1/4 }  melody { notes C E G }
form { A = 1 bars }
"""
MIXED = """style "mixed"  meter 2/4  key C major
voices { soprano E4..G4  alto C4..E4 }
rhythm soprano { every 1/2 }  rhythm alto { every 1/8 close 1/4 }
melody soprano { notes E F G }  melody alto { notes C E }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
"""
CHORDS = """style "chords"  meter 3/4  key C major
voices { soprano E4..G4  bass G3..C4 }  form { A = 1 bars, cadence authentic }
harmony { chords I V vi ii  change every beat }
"""
HELD = """style "held"  meter 2/4  key C major
voices { soprano D4..G4 }  rhythm { every 1/2 }  melody { notes E G }
form { A = 2 bars, 1 bars, cadence half }
harmony { chords I V7  change every beat }
"""
CHANGING = """style "changing"  meter 2/4  key A minor
voices { soprano G4..C5 }  rhythm { every 1/4 }  melody { notes scale, G# }
form { A = 2 bars, cadence half }
harmony { chords i V  change every bar }
"""
SAMPLED = """style "sampled"  meter 3/8  key C major
voices { soprano C4..G4 }  rhythm soprano { values 1/8 weight 1, 1/4 }  melody { notes C G }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
"""
CLOSING = """style "closing"  meter 2/4  key C major
voices { soprano C4..G4 }  rhythm soprano { values 1/8 weight 0.5, 3/8 weight - 1  close 1/4 }  melody { notes C E G }
form { A = 1 bars, cadence half, 1 bars, cadence authentic }
"""
WALKING = """style "walking"  meter 2/4  key C major
voices { soprano D4..G4 }  rhythm soprano { values 1/8, 1/4 weight 1 }  melody { notes D E }
form { A = 1 bars, cadence authentic }
harmony { chords I V  change every beat }
"""


def repeating(order: str, head: str = "") -> str:
    """A style of sections A and B (and C) of three and two notes."""
    sections = {"A": "A = 1 bars, cadence half", "B": "B = 1 bars, cadence authentic"}
    said = " ".join(sections[name] for name in dict.fromkeys(order.split()))
    return f"""style "repeats"  meter 3/4  key C major
    voices {{ soprano C4..G4 }}  rhythm {{ every 1/4 }}  melody {{ notes C G }}
    form {{ {said}  piece = {order} }} {head}
    """


def rondo(order: str) -> str:
    """A style of sections A, B and C of three notes, each with a cadence of its own."""
    cadences = {"A": "half", "B": "authentic", "C": "plagal"}
    said = " ".join(f"{name} = 1 bars, cadence {cadences[name]}" for name in dict.fromkeys(order.split()))
    return f"""style "rondo"  meter 3/4  key C major
    voices {{ soprano C4..G4 }}  rhythm {{ every 1/4 }}  melody {{ notes C G }}
    form {{ {said}  piece = {order} }}
    """


def sampled_repeating(order: str, first: str = "1 bars", close: str = "", notes: str = "C G") -> str:
    """The same with a sampled rhythm."""
    said = f"A = {first}  " + ("B = 1 bars" if "B" in order else "")
    return f"""style "repeats"  meter 3/8  key C major
    voices {{ soprano C4..G4 }}  rhythm soprano {{ values 1/8 weight 1, 1/4 {close} }}  melody {{ notes {notes} }}
    form {{ {said}  piece = {order} }}
    """


WINDOW_2 = """rule turn is avoided { for consecutive notes a, b in voice  when not b.opens_phrase or a.midi > 60  then leap(a, b) }
prefer turn weight 0.7
"""
WINDOW_3 = """rule peak is avoided { for consecutive notes a, b, c in voice
  when direction(a, b) is up  then direction(b, c) is down  unless c is C4 and a is C4 }
require peak weight 0.8
rule back is avoided { for consecutive notes a, b, c in voice  then interval(a, c) == P1 and a != b }
forbid back
"""
WINDOW_4 = """rule square is avoided { for consecutive notes a, b, c, d in voice  then a == d and b == c }
avoid square weight 1.3
"""
MIXTURE = """rule rise is avoided { for consecutive moments s, t  then moves(soprano, s, t) and direction(soprano@s, soprano@t) is up }
avoid rise weight 0.4
"""

KEYS = """style "keys"  meter 3/4  key C major
voices { soprano F4..A4 }  rhythm { every 1/4 }  melody { notes scale }
form { A = 1 bars, cadence half  B = in G major, meter 2/4, 1 bars, cadence authentic  piece = A A B A }
rule rises is avoided { for consecutive notes a, b in voice  then a.degree == 6 and b.degree == 5 }  avoid rises weight 0.4
rule seventh is avoided { for note n in voice  then n.is_leading_tone or n.key.tonic == G and n.beat == 1 }  avoid seventh weight 0.5
rule far is avoided { for phrase p  then key.tonic == G and exists(note n in p where n.degree == 7) }  avoid far weight 0.25
rule first is avoided { for consecutive notes a, b in voice  then b.beat == 1 and a.strength < b.strength }  avoid first weight 0.3
"""
UPBEATS = """style "upbeats"  meter 3/4  key C major
voices { soprano E4..G4 }  rhythm { every beat }  melody { notes E G }
form { A = pickup 1/4, 1 bars, cadence half  B = pickup 1/4, meter 2/4, 1 bars  C = in D minor, pickup 1/8, meter 3/8, 2 bars
       piece = A B C }
rule on_one is avoided { for note n in voice  then n.beat == 1 and n == G4 }  avoid on_one weight 0.4
rule strong is avoided { for consecutive notes a, b in voice  then a == b and b.is_strong }  avoid strong weight 0.7
rule bars is avoided { for bar b  then count(note n in b) == 1 or b.number == 2 and b.length == 3/8 }  avoid bars weight 0.3
rule beats is avoided { for beat b  then exists(note n in b where n == E4) }  avoid beats weight 0.2
rule filled is avoided { for consecutive notes a, b in voice  then b.duration * meter.beats == meter.bar_length and a == b }
avoid filled weight 0.45
rule second is avoided { for note n in voice  then n.bar == 2 and n == E4 }  avoid second weight 0.15
"""
MOVING = """style "moving"  meter 2/4  key C major
voices { soprano F4..G4  bass G3..B3 }  form { A = 2 bars home to V, cadence authentic  B = 1 bars in IV  piece = A B }
harmony { chords I V vi ii  change every beat }
rule falls is avoided { for consecutive chords c, d  then c.degree == 5 and d.degree == 1 }  avoid falls weight 0.4
rule rests is avoided { for consecutive chords c, d  then c == d }  avoid rests weight 0.6
rule named is avoided { for chord c  then c.label == V and c.key.tonic == G }  avoid named weight 0.5
rule sung is avoided { for consecutive notes a, b in soprano  then a.degree == 4 and b.degree == 5 }  avoid sung weight 0.3
rule at_cadence is avoided { for chord c  then c.closes_phrase and c.degree != 1 }  avoid at_cadence weight 0.8
rule leads is avoided { for note n in voice  then n.is_leading_tone }  avoid leads weight 0.35
rule turns is avoided { for consecutive chords c, d  when c.phrase_key.tonic != d.phrase_key.tonic  then d.is_pivot and c.is_pivot }
avoid turns weight 0.55
rule shared is avoided { for moment m  then m.chord.is_pivot }  prefer shared weight 0.25
"""

STYLES: dict[str, str] = {
    "keys and meters of sections": KEYS,
    "upbeats of sections": UPBEATS,
    "upbeats of sections that come again": UPBEATS.replace("A B C }", "A A B C }"),
    "a phrase that moves to its dominant": MOVING,
    "a voice of the scale in a phrase that moves": MOVING.replace(
        "harmony {", "melody soprano { notes scale }  melody bass { notes chord }  harmony {"
    )
    .replace("F4..G4", "F4..F#4")
    .replace("G3..B3", "A3..B3"),
    "a sampled rhythm in two keys": """style "two"  meter 2/4  key C major
        voices { soprano F4..G4 }  rhythm soprano { values 1/8, 1/4 weight 0.5 }  melody { notes scale }
        form { A = 1 bars, 1 bars in V, cadence half }
        rule falls is avoided { for consecutive notes a, b in voice  then a.degree > b.degree }  avoid falls weight 0.4
        rule three is avoided { for consecutive notes a, b, c in voice  then a.degree == c.degree }  avoid three weight 0.3
        rule seventh is avoided { for note n in voice  then n.is_leading_tone and n.is_strong }  avoid seventh weight 0.6""",
    "a sampled rhythm in a phrase that moves": """style "sampled"  meter 2/4  key C major
        voices { soprano F4..G4 }  rhythm soprano { values 1/4, 1/2 weight 0.5 }  form { A = 2 bars home to V, cadence half }
        harmony { chords I V vi ii  change every beat }
        rule falls is avoided { for consecutive notes a, b in voice  then a.degree > b.degree }  avoid falls weight 0.4
        rule held is avoided { for note n in voice  then n.degree == 4 and n.duration == 1/2 }  avoid held weight 0.3
        rule three is avoided { for consecutive notes a, b, c in voice  then a.degree == c.degree }  avoid three weight 0.35
        rule ends is avoided { for phrase p  then key.tonic == C and count(note n in p where n.key.tonic == G) > 2 }
        avoid ends weight 0.6""",
    "chords of three keys with repeats": """style "three"  meter 2/4  key C major
        voices { soprano E4..F#4 }  form { A = 1 bars in G major  B = 1 bars, cadence half  C = in A minor, 1 bars
                                         piece = A B A A C }
        harmony { chords major I V ii  chords minor i V  change every beat }
        rule falls is avoided { for consecutive chords c, d  then c.degree == 5 and d.function is tonic }  avoid falls weight 0.4
        rule alike is avoided { for consecutive chords c, d  then c is d }  avoid alike weight 0.6
        rule labels is avoided { for consecutive chords c, d  then c.label is V and d.label is I }  avoid labels weight 0.5
        rule sung is avoided { for consecutive notes a, b, c in soprano  then a.degree == b.degree or b.alteration == c.alteration }
        avoid sung weight 0.3""",
    "nothing at all": SOLO,
    # one voice
    "a note": SOLO
    + """rule low is avoided { for note n in voice  when n.is_strong  then n.midi < 67  unless n.closes_phrase }
        require low weight 0.9  rule last is avoided { for note n in soprano  when n.is_last  then n.class == C or n is G4 }
        require last""",
    "a note and its time": STEADY
    + """
        rule r1 is avoided { for note n in voice  then n.beat == 2 and n.octave == 4 and n.degree > 3 }  avoid r1 weight 1
        rule r2 is avoided { for note n in voice  then n.opens_phrase and n.class == E }  prefer r2 weight 0.3
        rule r3 is avoided { for note n in voice  then n.before_close and n.cadence is half and n is G4 }  avoid r3 weight 2
        rule r4 is avoided { for note n in voice  then n.onset > 1/2 and n.duration == 1/4 and n.bar == 2 and n.strength < 0.5
                  and n.class == E }  avoid r4 weight 0.21
        rule r5 is avoided { for note n in voice  then n.is_first and n.accidental == 0 and n.alteration == 0 and n is C4 }
        forbid r5""",
    "two notes": SOLO
    + """rule r is avoided { for consecutive notes a, b in voice
        when leap(a, b)  then abs(interval(a, b)) <= P4 or semitones(interval(a, b)) > 0  unless b is C4 }
        require r weight 1.1  rule still is avoided { for consecutive notes a, b in voice  then not moves_at_all(a, b) }
        forbid still  define moves_at_all(x, y) = x != y""",
    "three notes": SOLO
    + """rule recover(size = P4) is required { for consecutive notes a, b, c in voice
        when abs(interval(a, b)) > size  then step(b, c) and direction(b, c) != direction(a, b)
        unless interval(a, c) is P8 }  apply recover(size = M3)""",
    "three notes, the outer two": SOLO
    + """rule r is avoided { for consecutive notes a, b, c in voice  then a == c }
        avoid r weight 1.7  rule q is avoided { for consecutive notes a, b, c in voice  when a != c  then outlines_triad(a, b, c) }
        require q weight 0.6""",
    "four notes": LONGER
    + """rule r is avoided { for consecutive notes a, b, c, d in voice  when a.midi < d.midi
        then step(b, c) or number(interval(a, c)) == 3 }  require r weight 1
        rule trill is avoided { for consecutive notes a, b, c, d in voice  then a == c and b == d and a != b }  forbid trill""",
    "five notes": LONGER
    + """rule r is avoided { for consecutive notes a, b, c, d, e in voice  then a == e and b != d }
        avoid r weight 1.2""",
    "three notes, the last one unread": SOLO
    + """rule r is avoided { for consecutive notes a, b, c, d in voice
        then interval(a, c) is P5 }  avoid r weight 1.2""",
    "three notes, the first one unread": SOLO
    + """rule r is avoided { for consecutive notes a, b, c, d in voice
        then interval(b, d) is P5 }  avoid r weight 1.2""",
    "only the first of three": SOLO
    + """rule r is avoided { for consecutive notes a, b, c in voice  then a is G4 }
        avoid r weight 1.2""",
    # verbs
    "all verbs": SOLO
    + """rule up is preferred weight 0.4 { for consecutive notes a, b in voice  then direction(a, b) is up }
        rule low is avoided weight 0.6 { for note n in voice  then n is C4 }
        rule same is forbidden { for consecutive notes a, b in voice  then a == b }
        rule end is required { for note n in voice  when n.is_last  then n is C4 }
        rule mild is required weight 0.25 { for note n in voice  when n.is_first  then n is G4 }
        apply up, low, same, end, mild
        rule wide is avoided { for consecutive notes a, b in voice  then abs(interval(a, b)) > M3 }
        avoid wide  prefer wide weight 0.2  avoid wide strongly""",
    "a pack's rule taken back": SOLO.replace("meter", "use melody  meter")
    + """
        apply leap_recovery(size = M3)  require closes_on_final weight 1
        avoid repeated_note slightly""",
    "user functions and parameters": SOLO
    + """define far(a, b) = abs(interval(a, b)) >= P5
        define far_up(a, b) = far(a, b) and direction(a, b) is up
        rule r(least = 2, where = G4) is avoided { for consecutive notes a, b in voice
          when far_up(a, b) or b is where  then b.beat >= least }
        avoid r(least = 3) weight 0.5  avoid r(where = C4) weight 0.25""",
    "numbers": SOLO
    + """rule r is avoided { for consecutive notes a, b in voice
        then b.midi - a.midi + 2 * b.beat > 7 / 2 and max(a.midi, b.midi) <= 67 or -a.octave == -3 }  avoid r weight 0.5
        rule i is avoided { for consecutive notes a, b in voice  then min(interval(a, b), P4) == P4 }  prefer i weight 0.2""",
    "intervals modulo octave": """style "wide"  meter 3/4  key C major
        voices { soprano C4..Cb5 } rhythm { every 1/4 } melody { notes C Cb G F }  form { A = 1 bars }
        rule r is avoided { for consecutive notes a, b in voice  then interval(a, b) is A1 }  avoid r weight 0.5
        rule s is avoided { for consecutive notes a, b in voice  then interval(a, b) in (P4, d5) }  avoid s weight 0.7
        rule t is avoided { for consecutive notes a, b in voice  then interval(a, b) == d8 or interval(a, b) == A1 }  avoid t weight 1.1""",
    # narrowings
    "narrowed in time": STEADY
    + """rule high is avoided { for note n in voice  then n is G4 }
        avoid high on strong beats weight 0.3   avoid high on weak beats weight 0.41  avoid high on beats 2..3 weight 0.17
        avoid high in bars 2 weight 0.7  avoid high in phrases 1 weight 0.23  avoid high at cadences weight 0.19
        avoid high at authentic cadences weight 0.37  prefer high except at cadences weight 0.29
        avoid high except on beats 1 weight 0.11  avoid high in section A weight 0.13
        rule two is avoided { for consecutive notes a, b in voice  then b is G4 and a is C4 }
        avoid two at half cadences weight 0.9  avoid two except on strong beats except at cadences weight 0.31""",
    "narrowed in voices": TRIO
    + """rule step_up is avoided { for consecutive notes a, b in voice  then direction(a, b) is up }
        avoid step_up in soprano, bass weight 0.5  avoid step_up except in soprano weight 0.25
        rule octave is avoided { for voices upper, lower  for moment m  then interval(upper@m, lower@m) is P8 }
        avoid octave between soprano, bass weight 0.7  avoid octave except between soprano, bass weight 0.2""",
    "narrowed to sections": repeating("A B")
    + """rule high is avoided { for note n in voice  then n is G4 }
        avoid high in section B weight 0.5  prefer high except in section B weight 0.2  avoid high in bars 2 weight 0.1""",
    # voices and moments
    "pairs of voices": DUO
    + """rule fifths is avoided { for voices upper, lower  for consecutive moments s, t
        when moves(upper, s, t) and moves(lower, s, t)
        then motion(upper, lower, s, t) in (parallel, similar) and interval(upper@t, lower@t) is P5 }  avoid fifths weight 1.5
        rule sound is avoided { for voices upper, lower  for moment m  then consonant(upper@m, lower@m) }  require sound
        rule contrary is avoided { for voices upper, lower  for consecutive moments s, t
          then motion(upper, lower, s, t) is contrary }  prefer contrary weight 0.5""",
    "three moments": DUO
    + """rule row is avoided { for voices upper, lower  for consecutive moments s, t, u
        then number(interval(lower@s, upper@s)) == 3 and number(interval(lower@t, upper@t)) == 3
         and number(interval(lower@u, upper@u)) == 3 }  forbid row
        rule far is avoided { for voice v  for consecutive moments s, t, u  then v@s == v@u and not moves(v, s, t) }  avoid far weight 0.6""",
    "triples and neighbours": TRIO
    + """
        rule all_up is avoided { for voices a, b, c  for consecutive moments s, t
          then direction(a@s, a@t) is up and direction(b@s, b@t) is up and direction(c@s, c@t) is up }  avoid all_up weight 2
        rule near is avoided { for adjacent voices upper, lower  for moment m  then interval(upper@m, lower@m) == P1 }
        avoid near weight 0.8
        rule triad is avoided { for voices a, b, c  for moment m  then outlines_triad(a@m, b@m, c@m) }  prefer triad weight 0.4""",
    "within a moment": TRIO
    + """
        rule low is avoided { for moment m  then m.lowest.class == C and m.highest is G4 }  prefer low weight 0.3
        rule sevens is avoided { for moment m  then count(note n in m where n.class == E) >= 2 }  avoid sevens weight 0.7
        rule agree is avoided { for moment m  then all(voices u, l where u@m != l@m) and exists(voice v where v@m is C4) }  avoid agree weight 0.45
        rule wide is avoided { for moment m  then max(n.midi for note n in m) - min(n.midi for note n in m) > 9 }  avoid wide weight 0.9""",
    "different fixed rhythms": MIXED
    + """rule near is avoided { for voices upper, lower  for moment m
        then interval(lower@m, upper@m) in (M3, m3) }  prefer near weight 0.4
        rule turn is avoided { for consecutive notes a, b, c in voice  then a == c and a != b }  avoid turn weight 0.7
        rule held is avoided { for voices upper, lower  for consecutive moments s, t
          when moves(lower, s, t) and not moves(upper, s, t)  then step(lower@s, lower@t) }  require held weight 0.3
        rule long is avoided { for voices upper, lower  for moment m  then (upper@m).duration == 1/2 and lower@m is C4 }  avoid long weight 0.2
        rule started is avoided { for moment m  then (soprano@m).onset == m.onset and alto@m is D4 }  avoid started weight 0.15""",
    "what sounds under notes of another rhythm": MIXED
    + """rule under is avoided { for voices v, w  for consecutive notes a, b in v
        then interval(w@a, w@end(a)) is M3 and w@b is C4 }  avoid under weight 0.4
        rule over is avoided { for voice v  for voice w  for consecutive notes a, b in v
        when v != w  then interval(a, w@a) is m3 and interval(a, w@end(a)) is P4 }  prefer over weight 0.7
        rule one is avoided { for note n in alto  then soprano@n is E4 and n is C4 }  avoid one weight 0.3
        rule long is avoided { for consecutive notes a, b in alto  then (soprano@b).onset < b.onset and soprano@a != soprano@b }
        avoid long weight 0.15""",
    "what sounds under three notes of another rhythm": MIXED
    + """rule under is avoided { for voice v  for voice w  for consecutive notes a, b, c in v  when v != w
        then direction(w@a, w@end(b)) is up and w@c == w@end(a) }  avoid under weight 0.6
        rule own is avoided { for voice v  for voice w  for consecutive notes a, b, c in v
        then dissonant(v@a, w@a) and a.strength == 1 and not dissonant(v@c, w@end(b)) }  require own weight 0.25
        rule turned is avoided { for voice v  for voice w  for consecutive notes a, b, c in v
        when v != w  then direction(a, c) is up and a != w@end(b) or direction(a, c) is level and b == w@b }
        avoid turned weight 0.45""",
    "what sounds under notes, counted": MIXED
    + """rule often is avoided { for voice w  for piece
        then count(consecutive notes a, b in soprano where w@a is C4 and w@end(a) is E4 and a != b) > 1 }  avoid often weight 0.8
        rule forbidden is forbidden { for voice w  for consecutive notes a, b in soprano
        then w@a == w@end(a) and w@b != a }  forbid forbidden at most 1 per piece""",
    "what sounds where a voice rests": """style "given"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm alto { every 1/8 }  melody { notes C E G }
        form { A = 1 bars, cadence half }  given soprano = E4:1/8 r G4 r
        rule gone is avoided { for consecutive notes a, b in alto  then (soprano@a).is_rest and soprano@b is G4 and a is C4 }
        avoid gone weight 0.4
        rule there is avoided { for note n in soprano  then alto@n is C4 and alto@end(n) is C4 }  prefer there weight 0.9""",
    "different fixed rhythms at cadences": MIXED
    + """rule low is avoided { for note n in voice  then n.midi < 64 }
        avoid low at cadences weight 0.4  avoid low in alto at half cadences weight 0.3
        rule closing is avoided { for note n in alto  then n.closes_phrase and n is C4 }  prefer closing weight 1
        rule m is avoided { for moment m  when m.closes_phrase  then interval(alto@m, soprano@m) is M3 }  require m weight 0.4""",
    "rests and given notes": """style "given"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm alto { every 1/4 }  melody { notes C D E G }
        form { A = 2 bars }  given soprano = E4:1/4 r G4 E4
        rule r is avoided { for consecutive notes a, b in voice  then a != b }  avoid r weight 0.3
        rule m is avoided { for voices upper, lower  for moment m  then interval(lower@m, upper@m) is M3 }  prefer m weight 0.8
        rule s is avoided { for voices upper, lower  for consecutive moments s, t  then motion(upper, lower, s, t) is contrary }
        avoid s weight 0.4
        rule c is avoided { for moment m  then count(note n in m where n.midi > 60) == 1 }  avoid c weight 0.6
        rule l is avoided { for moment m  then m.highest is E4 }  avoid l weight 0.2""",
    "a voice that is asked whether it rests": """style "given"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm { every 1/4 }  melody { notes C D E F G }
        form { A = 2 bars, cadence half }  given alto = r:1/4 C4 r D4
        rule alone is avoided { for moment m  when (alto@m).is_rest  then soprano@m is G4 }  avoid alone weight 0.5
        rule held is avoided { for consecutive moments s, t  when not (alto@t).is_rest  then moves(soprano, s, t) }
        avoid held weight 0.3
        rule low is avoided { for moment m  then m.lowest.is_rest or m.lowest is E4 }  avoid low weight 0.2""",
    "a given voice that begins with a rest": """style "given"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm alto { every 1/4 }  melody { notes C D E G }
        form { A = 2 bars }  given soprano = r:1/8 E4 G4:1/4 G4:1/2
        rule r is avoided { for note n in voice  then n.is_first and n.midi > 60 }  avoid r weight 0.3
        rule m is avoided { for voices upper, lower  for consecutive moments s, t  then moves(lower, s, t) }  avoid m weight 0.8""",
    # harmony
    "chords": CHORDS
    + """
        rule one is avoided { for chord c  then c.function is dominant and c.is_last }  avoid one weight 0.9
        rule two is avoided { for consecutive chords c, d  when c is V  then d is I or d is vi }  require two weight 2
        rule three is avoided { for consecutive chords c, d, e  then c == e and d != c }  avoid three weight 0.35
        rule root is avoided { for chord c  then c.root == key.tonic and c.degree == 1 and c.quality is major and c.inversion == 0 }  prefer root weight 0.1
        rule same is avoided { for consecutive chords c, d  then c.label == d.label }  avoid same weight 0.77""",
    "notes and chords": CHORDS
    + """
        rule bass is avoided { for note n in bass  then n.class == n.chord.root }  prefer bass weight 0.6
        rule third is avoided { for note n in soprano  then n.factor is third }  avoid third weight 0.5
        rule doubled is avoided { for moment m  then count(note n in m where n.factor is root) == 2 }  avoid doubled weight 0.7
        rule lead is avoided { for consecutive notes a, b in voice  when a.is_leading_tone and a.chord is V  then b.class == key.tonic }  require lead weight 1
        rule motion is avoided { for consecutive moments s, t  when s.chord != t.chord  then moves(soprano, s, t) }  require motion weight 0.3""",
    "inversions": """style "inversions"  meter 2/4  key C major  voices { soprano E4..G4  bass B3..E4 }
        form { A = 1 bars, cadence authentic }  harmony { chords I I6 V65 V7 V  change every beat }
        rule r is avoided { for chord c  then c is V7 }  avoid r weight 0.5  rule s is avoided { for chord c  then c == V65 }  avoid s weight 0.3
        rule t is avoided { for consecutive chords c, d  then c is d }  avoid t weight 0.2
        rule b is avoided { for moment m  then m.lowest.class == m.chord.bass }  require b
        rule u is avoided { for chord c  then c.is_seventh and c.bass == c.third and c.fifth == D and c.seventh == F }  prefer u weight 0.1
        rule v is avoided { for voice v  for moment m  then v@m is F4 and (v@m).factor is seventh }  avoid v weight 0.15""",
    "changes at cadences": CHORDS.replace("I V vi ii", "I V")
    + """rule five is avoided { for chord c  then c is V }  prefer five at cadences weight 0.4
        rule lower is avoided { for consecutive notes a, b in voice  then direction(a, b) is down }  avoid lower at cadences weight 0.2
        rule soft is avoided { for moment m  then interval(bass@m, soprano@m) is M3 }  avoid soft except at cadences weight 0.6""",
    "held over changes": HELD
    + """
        rule f is avoided { for note n in voice  then n.factor is root }  prefer f weight 0.6
        rule g is avoided { for consecutive notes a, b in voice  when a.factor is third  then b.factor is root }  require g weight 0.8
        rule h is avoided { for consecutive notes a, b in voice  when a.chord is V7 and b.chord is I  then a == b }  avoid h weight 0.45
        rule k is avoided { for consecutive notes a, b in voice  then a.is_leading_tone or b.degree == 5 }  avoid k weight 0.15""",
    "held over changes, three notes": HELD
    + """
        rule three is avoided { for consecutive notes a, b, c in voice  then b.chord is I and a.midi > c.midi }  avoid three weight 0.45
        rule last is avoided { for consecutive notes a, b, c in voice  then a.factor is b.factor and c.factor is fifth }  avoid last weight 0.3
        rule wide is avoided { for consecutive notes a, b, c in voice  then a.chord == c.chord and b.midi > c.midi }  avoid wide weight 0.65
        rule far is avoided { for consecutive notes a, b, c in voice  when a.chord is V7  then interval(a, c) is P1 or a.chord == b.chord }
        require far weight 1.05""",
    "the local key": HELD.replace("V7", "V7/V")
    + """
        rule d is avoided { for note n in voice  then n.degree == 5 and n.key.tonic == G }  avoid d weight 0.6
        rule h is avoided { for note n in voice  then degree(n, piece.key) == 5 and degree(n, key) == 1 }  avoid h weight 0.3
        rule i is avoided { for moment m  then degree(soprano@m, phrase.key) == 3 and m.phrase_key.tonic == C }  avoid i weight 0.15
        rule j is avoided { for phrase p  when p.key.tonic == C  then exists(chord c in p where c.phrase_key.tonic == c.key.tonic) }  avoid j weight 0.1
        rule t is avoided { for moment m  then key.leading_tone == F# and m.chord.is_applied }  avoid t weight 0.2
        rule p is avoided { for consecutive notes a, b in voice  then b.class == key.tonic }  prefer p weight 0.35""",
    "change every bar": CHANGING
    + """
        rule alter is avoided { for note n in voice  then n.alteration == 1 }  avoid alter weight 0.6
        rule foreign is avoided { for note n in voice  when not n.is_chord_tone  then n.factor is none and n.beat == 2 }  require foreign
        rule lead is avoided { for consecutive notes a, b in voice  when a.is_leading_tone and a.chord != b.chord  then b is A4 }  require lead weight 2
        rule c is avoided { for chord c  then c.duration == 1/2 and c.opens_phrase and c == V }  avoid c weight 1""",
    "given harmony": """style "given harmony"  meter 2/4  key C major
        voices { soprano D4..G4 }  rhythm { every 1/4 }  melody { notes scale }  form { A = 2 bars, cadence half }
        given harmony = | I | V7:1/4 V/V |
        rule tones is avoided { for note n in voice  when n.is_strong  then n.is_chord_tone }  require tones
        rule next is avoided { for consecutive chords c, d  then c is V7 and d is V/V }  avoid next weight 0.5
        rule over is avoided { for consecutive notes a, b in voice  when a.chord == b.chord  then a != b }  require over weight 0.4""",
    "no harmony": DUO
    + """rule all_tones is avoided { for moment m  then all(note n in m where n.is_chord_tone) }  avoid all_tones weight 1
        rule some is avoided { for moment m  then not exists(note n in m where n.factor is root) }  avoid some weight 2
        rule none is avoided { for phrase p  then count(note n in soprano in p where n.is_chord_tone) == 0 }  avoid none weight 3""",
    # stretches
    "counts in a phrase": STEADY
    + """rule many is avoided { for phrase p  for voice v  then count(note n in v in p where n is G4) > 1 }
        avoid many weight 0.6  rule two is avoided { for phrase p  when p.cadence is half
        then exists(consecutive notes a, b in soprano in p where leap(a, b) and b.beat == 2) }  require two weight 0.9
        rule every is avoided { for phrase p  then all(note n in soprano in p where n.midi < 67) }  avoid every weight 0.3""",
    "sums and extrema": STEADY
    + """rule sum is avoided { for piece  then sum(n.midi for note n in soprano in piece) > 256 }  avoid sum weight 0.7
        rule span(most = 6) is avoided { for phrase p  for voice v
          then max(n.midi for note n in v in p) - min(n.midi for note n in v in p) <= most }  require span weight 1.2
        rule wide is avoided { for piece  then max(abs(interval(a, b)) for consecutive notes a, b in soprano in piece) >= P5 }  avoid wide weight 0.4
        rule where is avoided { for phrase p  then min(n.midi for note n in soprano in p where n.is_strong) == 60 }  prefer where weight 0.2""",
    "one climax": LONGER
    + """rule single_climax is avoided { for phrase p  for voice v
        then count(note n in v in p where n.midi == max(m.midi for note m in v in p)) == 1 }  require single_climax""",
    "many at the top": LONGER.replace("1 bars, cadence half, 1 bars", "2 bars")
    + """rule top is avoided { for phrase p  for voice v
        then count(note n in v in p where n.midi == max(m.midi for note m in v in p)) >= 5 }  require top""",
    "count of the lowest": LONGER.replace("1 bars, cadence half, 1 bars", "2 bars")
    + """rule low is avoided { for piece
        then 2 * count(note n in soprano in piece where n.midi == min(m.midi for note m in soprano in piece)) > 7 }  avoid low weight 1""",
    "an arch": STEADY
    + """rule arch is avoided { for phrase p  for voice v  then all(note n in v in p where
        n.midi < max(m.midi for note m in v in p) or not (n.opens_phrase or n.closes_phrase)) }  require arch weight 0.8
        rule late is avoided { for piece  then exists(note n in soprano in piece where
          n.midi == max(m.midi for note m in soprano in piece) and n.bar == 2) }  require late weight 0.5""",
    "two counts compared": STEADY
    + """rule more is avoided { for piece
        then count(consecutive notes a, b in soprano in piece where step(a, b)) + 1
           < count(consecutive notes a, b in soprano in piece where leap(a, b)) }  avoid more weight 0.9""",
    "bars and beats": MIXED
    + """rule bar is avoided { for bar b  then count(note n in alto in b) == 4 and b.number == 1 }  avoid bar weight 0.2
        rule beat is avoided { for beat b  for voice v  then count(note n in v in b where n is E4) == 1 }  avoid beat weight 0.3
        rule first is avoided { for bar b  when not b.is_first  then b.length == 1/2 and exists(note n in voice in b where n is E4) }  avoid first weight 0.4""",
    "over voices and chords": CHORDS.replace("3/4", "2/4")
    .replace("A = ", "A = 1 bars, ")
    .replace("I V vi ii", "I V")
    .replace("G3..", "B3..")
    + """
        rule v is avoided { for phrase p  then count(voice v where exists(note n in v in p where n is G4)) == 1 }  avoid v weight 0.4
        rule c is avoided { for phrase p  then count(consecutive chords c, d in p where c == d) >= 1 }  avoid c weight 0.3
        rule m is avoided { for section s  then count(moment m in s where interval(bass@m, soprano@m) is M3) > 2 }  avoid m weight 0.6
        rule k is avoided { for phrase p  when key.mode is major  then count(note n in voice in p where n.class == key.tonic) > 1 }  prefer k weight 0.1
        rule all_notes is avoided { for piece  then count(note n in piece where n.factor is root) > 4 }  avoid all_notes weight 0.5""",
    "a key at a stretch": HELD.replace("V7", "V7/V")
    + """rule k is avoided { for phrase p  when key.tonic == C
        then exists(note n in voice in p where n.class == key.tonic) }  avoid k weight 0.6""",
    "stretches narrowed": STEADY
    + """rule two is avoided { for phrase p  for voice v  then count(note n in v in p where n is G4) >= 1 }
        avoid two in phrases 2 weight 0.6  avoid two in soprano weight 0.1  avoid two in section A weight 0.2
        rule b is avoided { for bar b  then exists(note n in soprano in b where n is C4) }  avoid b in bars 1 weight 0.35""",
    # allowances
    "allowed so often": LONGER
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }
        forbid same at most 1 per phrase  rule high is avoided { for note n in voice  then n is G4 }  forbid high at most 2 per piece
        rule low is avoided { for note n in voice  then n.midi > 60 }  require low at most 1 per bar""",
    "allowed in two voices": DUO
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }
        forbid same at most 1 per piece  rule third is avoided { for voices u, l  for moment m  then interval(l@m, u@m) is M3 }
        require third at most 2 per section""",
    "allowed windows of three": LONGER
    + """rule back is avoided { for consecutive notes a, b, c in voice  then a == c and a != b }
        forbid back at most 1 per piece  rule p is avoided { for phrase p  then exists(note n in soprano in p where n is C4) }
        forbid p at most 1 per piece""",
    "none allowed": SOLO
    + """rule high is avoided { for note n in voice  then n is G4 }  forbid high at most 0 per piece""",
    # repeats
    **{
        f"repeats {order}, {what}": repeating(order) + rules
        for order in ("A A", "A A B", "A B A", "A B B A")
        for what, rules in {
            "two notes": WINDOW_2,
            "three notes": WINDOW_3,
            "four notes": WINDOW_4,
            "moments": MIXTURE,
        }.items()
    },
    "repeats, allowed windows": repeating("A A B")
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }  forbid same at most 1 per phrase""",
    "repeats, allowed windows of three": repeating("A A")
    + """rule up is avoided { for consecutive notes a, b, c in voice  then direction(b, c) is up }  forbid up at most 1 per phrase""",
    "repeats, aggregates": repeating("A A B")
    .replace("C G", "C E G")
    .replace("every 1/4", "every 1/4 close 1/2")
    + """rule p is avoided { for phrase p  for voice v  then count(note n in v in p where n is G4) == 1 }  avoid p weight 0.5
        rule q is avoided { for piece  then count(consecutive notes a, b in soprano in piece where leap(a, b)) > 2 }  avoid q weight 0.7
        rule s is avoided { for section s  for voice v  then max(n.midi for note n in v in s) is 67 }  prefer s weight 0.3
        rule t is avoided { for bar b  then exists(note n in soprano in b where n is C4 and b.number != 1) }  avoid t weight 0.4""",
    **{
        f"repeats {order}, a seam of its own": rondo(order)
        + """rule three is avoided { for consecutive notes a, b, c in voice
            then (c.cadence is authentic and a == b) or (c.cadence is plagal and a != b) }  avoid three weight 1
            rule four is avoided { for consecutive notes a, b, c, d in voice
            then (d.cadence is half and a == c) or (d.bar == 2 and a != d) or (d.cadence is plagal and b != c) }
            avoid four weight 0.6  require ends weight 0.8
            rule ends is required { for consecutive notes a, b, c in voice  when c.bar == 4  then b != c }
            rule some is avoided { for phrase p  then exists(consecutive notes a, b, c in soprano in p where
            (c.cadence is authentic and a == b) or (c.cadence is plagal and a != b)) }  avoid some weight 0.3"""
        for order in ("A B A C", "A A B A C", "A B A C A", "A B C A C B")
    },
    "repeats, the end": repeating("A B A")
    + """rule last is avoided { for note n in voice  when n.is_last  then n is C4 }  require last
        rule final is avoided { for phrase p  when p.is_last  then exists(note n in soprano in p where n is G4) }  require final""",
    "repeats, narrowed": repeating("A B A")
    + """rule up is avoided { for consecutive notes a, b in voice  then direction(a, b) is up }  avoid up in section A weight 0.5
        avoid up in section B weight 0.3  avoid up on strong beats weight 0.2""",
    "repeats with chords": """style "repeats"  meter 2/4  key C major  voices { soprano D4..G4 }
        form { A = 1 bars  B = 1 bars, cadence authentic  piece = A A B }  harmony { chords I V ii  change every beat }
        rule two is avoided { for consecutive chords c, d  when c is V  then d is I }  require two weight 1
        rule three is avoided { for consecutive chords c, d, e  then c == e }  avoid three weight 0.4
        rule note is avoided { for consecutive notes a, b in voice  when a.is_leading_tone or a.chord is ii  then a != b }  require note weight 0.6""",
    # the last of several
    "cadences past restated chords": """style "restated"  meter 3/4  key C major  voices { soprano D4..E4  bass C4..C4 }  melody bass { notes C G }
        form { A = 2 bars, cadence authentic }  harmony { chords I V ii  change every beat }  use harmony
        require cadence_authentic  avoid static_harmony weight 0.3""",
    "cadences past restated chords, with repeats": """style "restated"  meter 2/4  key C major  voices { soprano D4..F4 }
        form { A = 1 bars, cadence plagal  B = 2 bars, cadence authentic  piece = A A B A }  harmony { chords I V IV  change every beat }
        use harmony  require cadence_plagal weight 1.5  require cadence_authentic  avoid static_harmony weight 0.3""",
    "the last of several": LONGER
    + """rule turn is avoided { for phrase p  when p.cadence is half
          then last(b.midi > a.midi for consecutive notes a, b in soprano in p where a != b) and p.is_first }  avoid turn weight 0.7
        rule high is avoided { for piece p  then not last(n is G4 for note n in soprano in p where n.is_strong) }  avoid high weight 0.4
        rule none is avoided { for bar b  then last(n is C4 for note n in soprano in b where n is G4 or n.is_last) }  avoid none weight 0.2""",
    "the last of several, sampled": SAMPLED
    + """rule turn is avoided { for phrase p  then last(n.duration == 1/8 for note n in soprano in p where n is C4) }  avoid turn weight 0.7""",
    # sampled rhythms
    "sampled": SAMPLED,
    "sampled, a close": CLOSING,
    "sampled, a note": SAMPLED
    + """rule long is avoided { for note n in voice  when n.duration == 1/4  then n.midi < 67 }  require long weight 0.7
        rule beat is avoided { for note n in voice  then n.is_strong and n is C4 }  prefer beat weight 0.3
        rule end is avoided { for note n in voice  when n.closes_phrase  then n is C4 or n.cadence is half }  require end
        rule final is avoided { for note n in voice  then n.is_last and n.duration == 1/8 }  avoid final weight 1
        rule first is avoided { for note n in voice  then n.is_first or n.opens_phrase and n.bar == 2 }  avoid first weight 0.1""",
    "sampled, two notes": CLOSING
    + """rule leap_long is avoided { for consecutive notes a, b in voice
        when leap(a, b)  then b.duration >= a.duration }  require leap_long weight 0.7
        rule off is avoided { for consecutive notes a, b in voice  when not a.is_strong and b.is_strong  then a != b }  require off
        rule close is avoided { for consecutive notes a, b in voice  when b.closes_phrase  then a.beat > 1 and step(a, b) }  require close weight 0.3
        rule opening is avoided { for consecutive notes a, b in voice  then a.closes_phrase and a == b }  avoid opening weight 0.55""",
    "sampled, three notes": SAMPLED
    + """rule back is avoided { for consecutive notes a, b, c in voice  then a == c and a != b }
        avoid back weight 0.8  rule even is avoided { for consecutive notes a, b, c in voice
          then a.duration == b.duration and b.duration == c.duration and b.midi > 62 }  avoid even weight 0.35
        rule turn is avoided { for consecutive notes a, b, c in voice  when leap(a, b)  then direction(b, c) != direction(a, b) }  require turn weight 1""",
    "sampled, four notes": SAMPLED
    + """rule trill is avoided { for consecutive notes a, b, c, d in voice  then a == c and b == d and a != b }
        forbid trill  rule sc is avoided { for consecutive notes a, b, c, d in voice
          then direction(a, b) is up and direction(b, c) is up and c == d }  avoid sc weight 1""",
    "sampled, three notes and when they begin": SAMPLED.replace("notes C G", "notes C")
    + """rule beats is avoided { for consecutive notes a, b, c in voice  then a.beat == c.beat }  avoid beats weight 0.8
        rule first is avoided { for consecutive notes a, b, c in voice  when a.is_strong and a.bar == 2
        then b.duration == 1/8 and c.closes_phrase }  require first weight 0.6
        rule mid is avoided { for consecutive notes a, b, c in voice  then b.strength > c.strength or b.opens_phrase }
        avoid mid weight 0.35  rule last is avoided { for consecutive notes a, b, c, d in voice
        when a.onset + 1/4 < c.onset  then d.is_last or a.is_first and d.duration == b.duration }  avoid last weight 0.5""",
    "sampled repeats, three notes and when they begin": sampled_repeating("A B A", "2 bars", "", "C")
    + """rule turn is avoided { for consecutive notes a, b, c in voice
        when a.strength == c.strength  then b.duration == a.duration and c.beat > 1 }  avoid turn weight 0.4
        rule end is avoided { for consecutive notes a, b, c in voice  then a.closes_phrase and c.beat == 2 }  avoid end weight 0.7""",
    "sampled with chords, three notes and when they begin": WALKING.replace("D E }", "E }")
    + """rule held is avoided { for consecutive notes a, b, c in voice
        then a.chord == c.chord and a.strength > b.strength and c.is_chord_tone }  avoid held weight 0.6""",
    "sampled, narrowed": SAMPLED
    + """rule leaps is avoided { for consecutive notes a, b in voice  then leap(a, b) }
        avoid leaps on strong beats weight 0.4  avoid leaps in bars 2 weight 0.3  avoid leaps except in phrases 2 weight 0.2
        rule three is avoided { for consecutive notes a, b, c in voice  then a == c }  avoid three in bars 2 weight 0.4
        rule high is avoided { for note n in voice  then n is G4 }  avoid high on beats 2 weight 0.8""",
    "sampled, stretches": SAMPLED
    + """rule many is avoided { for bar b  then count(note n in soprano in b) >= 3 }  avoid many weight 0.5
        rule sums is avoided { for bar b  then sum(n.duration for note n in soprano in b where n is C4) == 1/4 }  avoid sums weight 0.4
        rule tops is avoided { for phrase p  then max(n.midi for note n in soprano in p) < 67 }  avoid tops weight 0.3
        rule leaps is avoided { for piece  then count(consecutive notes a, b in soprano in piece where leap(a, b)) > 3 }  avoid leaps weight 0.2
        rule one is avoided { for phrase p  then count(note n in soprano in p where n.midi == max(m.midi for note m in soprano in p)) == 1 }
        require one weight 0.6""",
    "sampled, allowed": SAMPLED
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }
        forbid same at most 1 per phrase  rule back is avoided { for consecutive notes a, b, c in voice  then a == c and a != b }
        forbid back at most 1 per piece""",
    "sampled with chords": WALKING
    + """rule tones is avoided { for note n in voice  when n.is_strong  then n.is_chord_tone }  require tones
        rule foreign is avoided { for note n in voice  when not n.is_chord_tone  then n.duration == 1/8 }  require foreign weight 1
        rule root is avoided { for consecutive notes a, b in voice  when a.factor is third  then b.factor is root }  require root weight 0.4
        rule over is avoided { for consecutive notes a, b in voice  then a.chord != b.chord and a == b }  avoid over weight 0.6
        rule fives is avoided { for consecutive chords c, d  then c == d }  avoid fives weight 0.5
        rule near is avoided { for note n in voice  then n is G4 }  avoid near at cadences weight 0.3""",
    "sampled with chords, three notes": WALKING.replace("D E }", "D E G }")
    + """rule pass is avoided { for consecutive notes a, b, c in voice  when not b.is_chord_tone
        then step(a, b) and step(b, c) }  require pass weight 0.9
        rule ch is avoided { for consecutive notes a, b, c in voice  then a.chord == b.chord and b.chord != c.chord }  avoid ch weight 0.4
        rule cd is avoided { for consecutive notes a, b, c in voice  then a.chord == c.chord and a == c }  avoid cd weight 0.25""",
    "sampled moments": WALKING
    + """rule same is avoided { for consecutive moments s, t  then s.chord == t.chord and soprano@s == soprano@t }
        avoid same weight 0.5  rule m is avoided { for moment m  then soprano@m is G4 and m.chord is V }  avoid m weight 0.7""",
    **{
        f"sampled repeats {order}, {what}": sampled_repeating(order, *how) + rules
        for order, *how in (
            ("A A", "2 bars"),
            ("A A B", "2 bars", "close 1/4"),
            ("A B A", "1 bars", "", "C D G"),
        )
        for what, rules in {
            "two notes": WINDOW_2,
            "three notes": WINDOW_3,
            "four notes": WINDOW_4,
        }.items()
    },
    **{
        f"sampled repeats {order}, leaps that turn back": sampled_repeating(order, first, "", notes)
        + f"""use melody  {asked}  avoid leap weight 0.4
        rule turns is avoided {{ for consecutive notes a, b, c in voice  when leap(a, b)
            then direction(b, c) == direction(a, b) or c is E4 }}  avoid turns weight 0.6
        rule two is avoided {{ for consecutive notes a, b, c in voice  then leap(a, b) and leap(b, c) }}"""
        for order, first, notes, asked in (
            ("A A", "2 bars", "C E F", "forbid three_leaps"),
            ("A A A", "2 bars", "C F", "forbid three_leaps"),
            ("A B A B", "1 bars", "C E F", "forbid two"),
            ("A B A A", "1 bars", "C E F", "avoid two weight 1"),
        )
    },
    "sampled repeats, allowed": sampled_repeating("A A", "1 bars, 1 bars")
    + """rule same is avoided { for consecutive notes a, b in voice  then a == b }  forbid same at most 1 per phrase
        rule up is avoided { for consecutive notes a, b, c in voice  then direction(b, c) is up }  forbid up at most 1 per piece""",
    "sampled repeats, narrowed": sampled_repeating("A B A")
    + """rule up is avoided { for consecutive notes a, b, c in voice
        then direction(b, c) is up }  avoid up in section A weight 0.6  avoid up on strong beats weight 0.3""",
    "repeats A B A B, allowed": repeating("A B A B")
    + """rule lp is avoided { for consecutive notes a, b in voice  then leap(a, b) }  forbid lp at most 1 per section""",
    "a canon": DUO.replace("1 bars", "2 bars")
    .replace("3/4", "2/4")
    .replace("notes C D F G", "notes C E G")
    .replace("notes C D E F G", "notes C E F")
    + """rule canon is required { for consecutive moments a, b, c  when not a.is_first
        then interval(alto@c, soprano@a) in (P8, m3, M3, P1) }  require canon""",
    "four notes of which two are compared": SOLO.replace("1 bars", "1.5 bars")
    + """rule far is avoided { for consecutive notes a, b, c, d in voice  then a == d }  avoid far weight 0.6""",
    # pickups, closes and other voices off the beaten grid
    "a pickup": STEADY.replace("form {", "form { pickup 1/8  ")
    + """rule high is avoided { for note n in voice  then n is G4 }  avoid high on strong beats weight 0.3  avoid high in bars 0 weight 0.7
        rule bar is avoided { for bar b  then count(note n in soprano in b where n is C4) == 1 }  avoid bar weight 0.4
        rule first is avoided { for consecutive notes a, b in voice  then a.is_first and leap(a, b) }  avoid first weight 0.2""",
    "a pickup and chords": CHORDS.replace("I V vi ii", "I V").replace("form {", "form { pickup 1/8  ")
    + """rule beat is avoided { for note n in bass  then n.class == n.chord.root and n.beat == 1 }  avoid beat weight 0.5
        rule same is avoided { for consecutive chords c, d  when d.bar == 1  then c == d }  avoid same weight 0.35
        rule last is avoided { for moment m  then interval(bass@m, soprano@m) is M3 }  avoid last at cadences weight 0.6""",
    "a close off the beats": MIXED.replace("close 1/4", "close 3/16")
    + """rule near is avoided { for voices upper, lower  for moment m  then interval(lower@m, upper@m) in (M3, m3) }  prefer near weight 0.4
        rule low is avoided { for note n in alto  when n.closes_phrase  then n is C4 and n.duration == 3/16 }  avoid low weight 0.5""",
    "sampled, a pickup": SAMPLED.replace("form {", "form { pickup 1/8  ")
    + """rule strong is avoided { for consecutive notes a, b in voice  then leap(a, b) and b.is_strong }  avoid strong weight 0.4
        rule first is avoided { for note n in voice  when n.bar == 0  then n is C4 and n.is_first }  avoid first weight 0.7
        rule back is avoided { for consecutive notes a, b, c in voice  then a == c and a != b }  avoid back in bars 1 weight 0.3""",
    "sampled, a pickup of several notes": CLOSING.replace("meter 2/4", "meter 4/8")
    .replace("form {", "form { pickup 3/8  ")
    .replace("C E G", "C G")
    + """rule long is avoided { for note n in voice  then n.duration == 3/8 and n.beat == 1 }  avoid long weight 0.4
        rule end is avoided { for consecutive notes a, b in voice  when b.closes_phrase  then a == b }  avoid end weight 0.6""",
    "sampled, a pickup and a close that hides the bar line": SAMPLED.replace("1/4 }", "1/4  close 1/4 }")
    .replace("form {", "form { pickup 1/4  ")
    .replace("1 bars, cadence half, ", "1 bars, 2 bars, "),
    "sampled, a pickup off the beats": SAMPLED.replace("1/8 weight 1, 1/4", "1/4, 3/16 weight 1")
    .replace("form {", "form { pickup 3/16  ")
    .replace("A = 1 bars, cadence half, 1 bars", "A = 1.5 bars")
    + """rule low is avoided { for note n in voice  then n is C4 and n.is_strong }  avoid low weight 0.8""",
    "sampled, a close off the grid of its values": """style "off"  meter 7/8  key C major
        voices { soprano C4..G4 }  rhythm soprano { values 1/4, 1/2 weight 1  close 3/8 }  melody { notes C E G }
        form { A = 1 bars, cadence half, 1 bars }
        rule close is avoided { for consecutive notes a, b in voice  when b.closes_phrase  then step(a, b) or b.duration > a.duration }
        avoid close weight 0.7  rule turn is avoided { for consecutive notes a, b, c in voice  then a == c }  avoid turn weight 0.4""",
    "sampled, phrases off the grid of its values": """style "off"  meter 2/4  key C major
        voices { soprano C4..G4 }  rhythm soprano { values 1/4 weight 1, 3/16 }  melody { notes C G }
        form { A = 0.75 bars, 1.25 bars, 0.5 bars }
        rule open is avoided { for note n in voice  then n.opens_phrase and n is C4 }  avoid open weight 0.7
        rule same is avoided { for consecutive notes a, b in voice  then a == b }  avoid same weight 0.4""",
    "sampled, another voice off its grid": """style "two"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm soprano { values 1/4, 1/2 weight 1 }  rhythm alto { every 1/6 }
        melody { notes C E G }  form { A = 1 bars, 1 bars }
        rule near is avoided { for moment m  then interval(alto@m, soprano@m) in (M3, m3) }  avoid near weight 0.4
        rule apart is avoided { for consecutive moments s, t  then moves(alto, s, t) and moves(soprano, s, t) }  avoid apart weight 0.6
        rule high is avoided { for consecutive notes a, b in soprano  then a == b }  avoid high weight 0.3""",
    "sampled, a pickup and another voice": """style "two"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm soprano { values 1/8, 1/4 weight 1 }  rhythm alto { every 1/4 close 3/16 }
        melody { notes C E }  form { pickup 1/8  A = 1 bars, cadence half }
        rule near is avoided { for moment m  then soprano@m == alto@m }  avoid near weight 0.4
        rule apart is avoided { for consecutive moments s, t  then moves(alto, s, t) }  avoid apart weight 0.6""",
    "sampled beside a given voice": """style "two"  meter 2/4  key C major
        voices { soprano E4..G4  alto C4..E4 }  rhythm soprano { values 1/4, 1/2 weight 1 }
        melody { notes C E G }  form { A = 2 bars }  given alto = C4:3/8 E4 r:1/8 D4
        rule near is avoided { for consecutive moments s, t  then moves(soprano, s, t) }  avoid near weight 0.4
        rule m is avoided { for moment m  then interval(alto@m, soprano@m) is M3 }  avoid m weight 0.3""",
    **{
        f"sampled repeats {order}, a pickup": sampled_repeating(order, how).replace(
            "form {", "form { pickup 1/8  "
        )
        + WINDOW_2
        + WINDOW_3
        for order, how in (("A A", "2 bars"), ("A B A", "1 bars"))
    },
    "nothing can be": SOLO + """rule r is avoided { for note n in voice  then n is B4 }  require r""",
}


def split_bars(order: str, rhythm: str = "every 1/8") -> str:
    """A style of sections each with an upbeat, by which the bar before it is short: that bar is split between two."""
    sections = "  ".join(f"{name} = 1 bars" for name in dict.fromkeys(order.split()))
    return f"""style "split"  meter 3/8  key C major
voices {{ soprano E4..G4 }}  rhythm soprano {{ {rhythm} }}  melody {{ notes E G }}
form {{ pickup 1/8  {sections}  piece = {order} }}
rule full is avoided {{ for bar b  then count(note n in b where n == G4) >= 2 }}  avoid full weight 0.3
rule tops is avoided {{ for bar b  then max(n.midi for note n in b) == 67 and b.number != 2 }}  avoid tops weight 0.15
rule turns is avoided {{ for bar b  then exists(consecutive notes x, y in soprano in b where x == G4 and y == E4) }}
avoid turns weight 0.45
"""


STYLES.update(
    {
        f"bars split between sections, {order}": split_bars(order)
        for order in ("A A", "A A B", "A B A", "A B A C", "A A A", "A B B A")
    }
)
STYLES.update(
    {
        "bars split between sections, forbidden": split_bars("A B A C") + "forbid full",
        "bars split between sections, narrowed": split_bars("A B A C") + "avoid full in section C weight 0.2  avoid turns in section A weight 0.35",
        "bars split between sections, allowed": split_bars("A B A C")
        + "rule high is avoided { for note n in voice  then n == G4 }  forbid high at most 2 per bar",
        "bars split between sections, full bars allowed": split_bars("A A B") + "forbid tops at most 1 per piece",
        "bars split between sections, counted in the piece": split_bars("A A B")
        + "rule odd is avoided { for piece p  then count(bar b in p where b.length == 3/8) == 2 and exists(note n in p where n == E4) }  avoid odd weight 0.25",
        "bars split between sections, sampled": split_bars("A A B", "values 1/16 weight 0.2, 1/8").replace("3/8", "2/8"),
        "sampled, an upbeat of each section": split_bars("A B", "values 1/8 weight 0.2, 1/4").replace("pickup 1/8", "pickup 1/4").partition("rule full")[0] + "rule high is avoided { for note n in voice then n == G4 and n.duration == 1/4 } avoid high weight 0.4",
        "sampled, an upbeat of a later section": """style "later"  meter 3/8  key C major
voices { soprano E4..G4 }  rhythm soprano { values 1/8 weight 0.2, 1/4 }  melody { notes E G }
form { A = 1 bars  B = pickup 1/8, meter 2/8, 2 bars  piece = A B A }
rule high is avoided { for note n in voice then n == G4 and n.duration == 1/4 } avoid high weight 0.4""",
        "beats split between sections": split_bars("A B A").replace("3/8", "2/4").replace("for bar", "for beat").replace("b.number != 2", "b.length == 1/4"),
    }
)  # fmt: skip

ELSEWHERE = SOLO.replace("notes C D G A", "notes C D G")
STYLES.update(
    {
        # aggregates over what lies elsewhere
        "bars compared note by note": ELSEWHERE.replace("1 bars", "2 bars")
        .replace("C D G", "C G")
        .replace("every 1/4", "every 1/2")
        + """rule r is required { for note n in voice when n.bar == 2
  then exists(note m in voice in piece where m.bar == 1 and m.beat == n.beat and m == n) } require r""",
        "a note that sounds again": ELSEWHERE
        + "rule r is avoided { for note n in voice then count(note m in voice in piece where m == n) >= 2 } avoid r weight 0.7",
        "a note that was there before": ELSEWHERE
        + "rule r is avoided { for note n in voice then exists(note m in voice in piece where m == n and m.onset < n.onset) } avoid r weight 0.7",
        "no note twice": SOLO
        + "rule r is avoided { for note n in voice then exists(note m in voice in piece where m == n and m.onset < n.onset) } forbid r",
        "a note that comes again": ELSEWHERE
        + "rule r is required { for note n in voice then exists(note m in voice in piece where m == n and m.onset > n.onset) or n.is_last } require r",
        "the highest note so far": ELSEWHERE
        + "rule r is avoided { for note n in voice when n.midi == max(m.midi for note m in voice in piece) then n.is_strong } avoid r weight 0.4 rule s is avoided { for note n in voice when n.midi < max(m.midi for note m in voice in piece where m.onset < n.onset) then not n.is_strong unless count(note k in voice in piece where k == n) > 1 } avoid s weight 0.3",
        "an interval that is rare": ELSEWHERE
        + "rule r is avoided { for consecutive notes a, b in voice when leap(a,b) then count(consecutive notes x, y in voice in piece where interval(x,y) == interval(a,b)) == 1 } avoid r weight 0.7",
        "a turn around a common note": ELSEWHERE.replace("C D G", "C G")
        + "rule r is avoided { for consecutive notes a, b, c in voice when a == c then count(note x in voice in piece where x == b) >= 2 } avoid r weight 0.7",
        "a class that another voice takes up": DUO.replace("notes C D E F G", "notes C E G")
        + "rule r is avoided { for moment m then exists(note n in alto in piece where n.class == (soprano@m).class and n.onset > m.onset) } avoid r weight 0.7",
        "a chord twice": CHORDS.replace("I V vi ii", "I V").replace("E4..G4", "G4..G4")
        + "rule r is avoided { for chord c then count(chord d in piece where d == c) == 2 } avoid r weight 0.7",
        "a note that was there before, allowed": ELSEWHERE
        + "rule r is avoided { for note n in voice then exists(note m in voice in piece where m == n and m.onset < n.onset) } forbid r at most 1 per piece",
        "a phrase and the piece": LONGER
        + "rule r is avoided { for phrase p then count(note n in voice in piece where n is C4) == 3 and count(note n in soprano in p where n is C4) == 1} avoid r weight 0.7",
        "a count over the piece in each phrase": LONGER
        + "rule r is avoided { for phrase p then count(note n in soprano where n is C4) == 3 } avoid r weight 0.7",
        "sampled, notes alike": SAMPLED
        + "rule r is avoided { for note n in voice then count(note m in voice in piece where m == n and m.duration == n.duration) == 2 } avoid r weight 0.7",
        "sampled, notes alike or longer before": SAMPLED
        + "rule r is avoided { for consecutive notes a, b in voice then count(note m in voice in piece where m == b and m.duration == a.duration) == 2 } avoid r weight 0.7 rule s is avoided { for note n in voice then exists(note m in voice in piece where m.onset < n.onset and m.duration > n.duration)} forbid s",
        "repeats A A B, a note that sounds again": repeating("A A B")
        + "rule r is avoided { for note n in voice then count(note m in voice in piece where m == n) >= 2 } avoid r weight 0.7",
        "a note above the mean": ELSEWHERE
        + "rule r is avoided { for note n in voice then n.midi * 4 > sum(m.midi for note m in voice in piece) } avoid r weight 0.7",
        "as high as another voice ever is": DUO.replace("notes C D E F G", "notes C E F")
        + """rule r is avoided { for phrase p then count(note n in soprano in p
        where n.midi == max(k.midi for note k in alto in p)) == 1 } avoid r weight 0.7""",
        "as high in a phrase as in the piece": LONGER
        + """rule r is avoided { for phrase p then count(note n in soprano in p
        where n.midi == max(k.midi for note k in soprano in piece)) == 1 } avoid r weight 0.7""",
        "entered from the height": SOLO
        + """rule r is avoided { for phrase p then count(consecutive notes a, b in soprano in p
        where a.midi == max(k.midi for note k in soprano in p)) == 1 } avoid r weight 0.7
        rule s is avoided { for note m in voice when m.is_strong then count(note n in soprano in piece
        where n.midi == min(k.midi for note k in soprano in piece)) == 1 } avoid s weight 0.3""",
        "bars counted in a phrase": LONGER
        + "rule r is avoided { for phrase p then count(bar b where exists(note n in soprano in b where n is C4)) == 2 } avoid r weight 0.7",
    }
)

UNREADABLE: dict[str, str] = {
    "what sounds under a sampled note": SAMPLED.replace("voices { soprano", "voices { alto C4..G4  soprano")
    + "rule r is avoided { for consecutive notes a, b in soprano  then alto@a is G4 }  avoid r weight 1",
    "what sounds where the last of several notes ends": MIXED
    + "rule r is avoided { for consecutive notes a, b in soprano  then alto@end(b) is E4 }  avoid r weight 1",
    "a count over a piece that goes back": rondo("A B A C")
    + "rule r is avoided { for piece p  then count(note n in soprano in p where n is G4) == 3 }  avoid r weight 1",
    "an allowance over a piece that goes back": rondo("A B A C")
    + "rule r is avoided { for note n in voice  then n is G4 }  forbid r at most 2 per piece",
    "a cadence of sampled notes": SAMPLED
    + "rule r is avoided { for note n in voice  then n is G4 }  avoid r at cadences weight 1",
    "the note before a sampled close": SAMPLED
    + "rule r is avoided { for note n in voice  then n.before_close }  avoid r weight 1",
    "beats in which nothing may begin": SAMPLED.replace("3/8", "2/4").replace("1/4 }", "1/2 }")
    + "rule r is avoided { for beat b  then count(note n in voice in b) == 0 }  avoid r weight 1",
    "how strong the moment before a sampled one is": WALKING
    + "rule r is avoided { for consecutive moments s, t  then s.is_strong and soprano@s == soprano@t }  avoid r weight 1",
    "how strong sampled moments are, of three": WALKING
    + "rule r is avoided { for consecutive moments s, t, u  then t.is_strong and soprano@s == soprano@u }  avoid r weight 1",
    "the bar of a note in a section that comes again": sampled_repeating("A A", "2 bars")
    + "rule r is avoided { for consecutive notes a, b, c in voice  then a.bar == c.bar }  avoid r weight 1",
    "what differs at the end of a section that comes again": split_bars("A B A C")
    + "rule r is avoided { for bar b  then exists(note n in b where n.onset == 1/4) }  avoid r weight 1",
    "a bar that a section which comes again ends, and the piece": split_bars("A A")
    + "rule r is avoided { for bar b  then count(note n in soprano in piece where n is G4) == 3 }  avoid r weight 1",
    "how long a sampled moment lasts": WALKING
    + "rule r is avoided { for moment m  then m.duration == 1/8 }  avoid r weight 1",
}
SHORT: dict[str, str] = {
    "fixed": repeating("A A B").replace("3/4", "1/4") + WINDOW_3,
    "sampled": sampled_repeating("A A B", "1 bars", "close 1/8") + WINDOW_4,
}
