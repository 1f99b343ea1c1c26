"""What expressions mean: names by what is bound and expected, operators by the kinds of what they join."""

from fractions import Fraction

import pytest

from rulegen.style.expression import Aggregated, Apply, Binding, Literal, Typed, Variable, walk
from rulegen.style.vocabulary import WORDS
from rulegen.theory.interval import Interval
from rulegen.theory.pitch import Pitch, PitchClass
from tests.style.building import HEAD, faults, rule_of

A, B = Variable("note", "a"), Variable("note", "b")
PITCH_A = Apply("pitch", "note.pitch", (A,))
PITCH_B = Apply("pitch", "note.pitch", (B,))
AB = Apply("interval", "interval", (PITCH_A, PITCH_B))
P5 = Literal("interval", Interval.parse("P5"))
CHORD = Apply("chord", "note.chord", (A,))
DURATION = Apply("duration", "note.duration", (A,))
CLASS = Apply("class", "note.class", (A,))


def truth(operation: str, *arguments: Typed) -> Apply:
    return Apply("truth", operation, arguments)


def number(operation: str, *arguments: Typed) -> Apply:
    return Apply("number", operation, arguments)


def value(of: object) -> Literal:
    return Literal("number", Fraction(str(of)))


def lasting(above: int, below: int) -> Literal:
    return Literal("duration", Fraction(above, below))


def word(kind: str, text: str) -> Literal:
    return Literal(kind, WORDS[kind].index(text))


MEANINGS = {
    "interval(a, b) is P5": truth("alike_interval", AB, P5),
    "interval(a, b) == P5": truth("same_interval", AB, P5),
    "P5 is interval(a, b)": truth("alike_interval", P5, AB),
    "interval(a, b) != P5": truth("not", truth("same_interval", AB, P5)),
    "interval(a, b) is not P5": truth("not", truth("alike_interval", AB, P5)),
    "interval(a, b) > P5": truth(">", number("semitones", AB), number("semitones", P5)),
    "interval(a, b) is A4": truth("alike_interval", AB, Literal("interval", Interval.parse("aug4"))),
    "a is A4": truth("same_pitch", PITCH_A, Literal("pitch", Pitch.parse("A4"))),
    "a == b": truth("same_pitch", PITCH_A, PITCH_B),
    "a > b": truth(">", number("pitch.midi", PITCH_A), number("pitch.midi", PITCH_B)),
    "a.pitch < C5": truth(
        "<", number("pitch.midi", PITCH_A), number("pitch.midi", Literal("pitch", Pitch.parse("C5")))
    ),
    "a.midi > 60": truth(">", number("note.midi", A), value(60)),
    "a.alteration == -1": truth("==", number("note.alteration", A), value(-1)),
    "a.class is F#": truth("same_class", CLASS, Literal("class", PitchClass.parse("F#"))),
    "a.class is key.tonic": truth(
        "same_class", CLASS, Apply("class", "key.tonic", (Variable("key", "key"),))
    ),
    "a.class is a.key.leading_tone": truth(
        "same_class", CLASS, Apply("class", "key.leading_tone", (Apply("key", "note.key", (A,)),))
    ),
    "a.chord is V65/V": truth("alike_chord", CHORD, Literal("chord label", "V65/V")),
    "a.chord == V7": truth("same_chord", CHORD, Literal("chord label", "V7")),
    "V7 is a.chord": truth("alike_chord", CHORD, Literal("chord label", "V7")),
    "a.chord.label == V7": truth("same_chord", CHORD, Literal("chord label", "V7")),
    "a.chord is b.chord": truth("alike_chord", CHORD, Apply("chord", "note.chord", (B,))),
    "a.chord.quality is major": truth(
        "==", Apply("quality", "chord.quality", (CHORD,)), word("quality", "major")
    ),
    "key.mode is major": truth(
        "==", Apply("mode", "key.mode", (Variable("key", "key"),)), word("mode", "major")
    ),
    "a.cadence is none": truth("==", Apply("cadence", "note.cadence", (A,)), word("cadence", "none")),
    "a.factor in (third, fifth)": truth(
        "or",
        truth("==", Apply("factor", "note.factor", (A,)), word("factor", "third")),
        truth("==", Apply("factor", "note.factor", (A,)), word("factor", "fifth")),
    ),
    "a.degree not in (7)": truth("not", truth("==", number("note.degree", A), value(7))),
    "a.duration >= 1/8": truth(">=", DURATION, lasting(1, 8)),
    "3 * 1/8 < a.duration": truth("<", lasting(3, 8), DURATION),
    "a.duration is dotted quarter": truth("==", DURATION, lasting(3, 8)),
    "a.duration is quarter": truth("==", DURATION, lasting(1, 4)),
    "a.duration + 1/8 > b.duration": truth(
        ">", Apply("duration", "+", (DURATION, lasting(1, 8))), Apply("duration", "note.duration", (B,))
    ),
    "a.duration * 2 > 1/2": truth(">", Apply("duration", "*", (DURATION, value(2))), lasting(1, 2)),
    "a.duration / b.duration > 2": truth(
        ">", number("/", DURATION, Apply("duration", "note.duration", (B,))), value(2)
    ),
    "a.beat == 3/2": truth("==", number("note.beat", A), value("3/2")),
    "meter.bar_length > 3/4": truth(
        ">", Apply("duration", "meter.bar_length", (Variable("meter", "meter"),)), lasting(3, 4)
    ),
    "abs(a.midi - b.midi) < 12": truth(
        "<", number("abs", number("-", number("note.midi", A), number("note.midi", B))), value(12)
    ),
    "abs(interval(a, b)) is P5": truth("alike_interval", Apply("interval", "abs", (AB,)), P5),
    "min(P5, interval(a, b)) is P5": truth("alike_interval", Apply("interval", "min", (P5, AB)), P5),
    "step(a, C4)": truth("step", PITCH_A, Literal("pitch", Pitch.parse("C4"))),
    "not a.is_strong and b.is_strong": truth(
        "and", truth("not", truth("note.is_strong", A)), truth("note.is_strong", B)
    ),
    "direction(a, b) is up": truth(
        "==", Apply("direction", "direction", (PITCH_A, PITCH_B)), word("direction", "up")
    ),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_an_expression_means_this(text: str) -> None:
    assert rule_of(f"then {text}").then == MEANINGS[text]


def test_a_bound_name_goes_before_a_literal() -> None:
    rule = rule_of("then step(A4, B4)", bound="consecutive notes A4, B4 in soprano")
    assert rule.then == truth(
        "step",
        Apply("pitch", "note.pitch", (Variable("note", "A4"),)),
        Apply("pitch", "note.pitch", (Variable("note", "B4"),)),
    )


def test_voice_alone_is_each_voice_in_turn() -> None:
    voice = Variable("voice", "voice")
    assert rule_of("then step(a, b)").bindings == (
        Binding("voice", None, (voice,)),
        Binding("note", "consecutive", (A, B), voice),
    )


def test_voice_alone_is_the_voice_that_is_bound() -> None:
    rule = rule_of("then count(note n in voice) > 3", bound="voice v")
    assert rule.bindings == (Binding("voice", None, (Variable("voice", "v"),)),)
    counted = rule.then.arguments[0] if isinstance(rule.then, Apply) else None
    assert counted == Aggregated(
        "number",
        "count",
        (Binding("note", None, (Variable("note", "n"),), Variable("voice", "v")),),
        None,
        None,
    )


def test_voice_at_a_moment_brings_up_each_voice() -> None:
    rule = rule_of("then step(voice@s, voice@t)", bound="consecutive moments s, t")
    assert rule.bindings[0] == Binding("voice", None, (Variable("voice", "voice"),))


def test_a_declared_voice_is_a_value() -> None:
    rule = rule_of("then soprano@s == bass@s", bound="moment s")
    moment = Variable("moment", "s")
    left, right = (
        Apply("pitch", "note.pitch", (Apply("note", "at", (Literal("voice", name), moment)),))
        for name in ("soprano", "bass")
    )
    assert rule.then == truth("same_pitch", left, right)


def test_the_notes_of_a_moment_have_no_voice() -> None:
    rule = rule_of("then count(note n in m where n.is_leading_tone) <= 1", bound="moment m")
    counted = rule.then.arguments[0] if isinstance(rule.then, Apply) else None
    assert isinstance(counted, Aggregated)
    assert counted.bindings == (
        Binding("note", None, (Variable("note", "n"),), None, Variable("moment", "m")),
    )


def test_notes_of_a_stretch_are_those_of_every_voice() -> None:
    rule = rule_of("then count(note n in p) > 3", bound="phrase p")
    counted = rule.then.arguments[0] if isinstance(rule.then, Apply) else None
    assert isinstance(counted, Aggregated)
    assert [each.kind for each in counted.bindings] == ["voice", "note"]


def test_equal_aggregates_are_equal_wherever_they_stand() -> None:
    rule = rule_of(
        "then max(n.midi for note n in v in p) - max(n.midi for note n in v in p) == 0",
        bound="phrase p for voice v",
    )
    difference = rule.then.arguments[0] if isinstance(rule.then, Apply) else None
    assert isinstance(difference, Apply)
    assert difference.arguments[0] == difference.arguments[1]


def test_a_user_function_is_written_out_without_capturing_names() -> None:
    text = """define higher(x) = count(note n in voice where n.midi > x.midi)
    rule r is required { for note n in voice then count(note k in voice where higher(k) > higher(n)) < 3 }"""
    assert faults(text) == ()


def test_an_argument_is_read_as_what_its_place_expects() -> None:
    text = "define wide(x, y, size) = interval(x, y) is size"
    assert (
        faults(f"{text} rule r is required {{ for consecutive notes a, b in voice then wide(a, b, A4) }}")
        == ()
    )


def test_every_fault_of_an_expression_is_reported() -> None:
    body = "then a.foo == 1 and stepp(a, b) and interval(a, b) > 3"
    codes = [
        each.code for each in faults(f"rule r is required {{ for consecutive notes a, b in voice {body} }}")
    ]
    assert codes == ["unknown-attribute", "unknown-function", "kinds"]


def test_functions_that_double_without_end_are_refused() -> None:
    doubling = "\n".join(f"define f{i + 1}(x) = f{i}(x) + f{i}(x)" for i in range(40))
    text = f"define f0(x) = x.midi\n{doubling}\nrule r is required {{ for note n in voice then f40(n) > 1 }}"
    assert {each.code for each in faults(text)} == {"too-large"}


def test_the_message_is_text_and_expressions() -> None:
    rule = rule_of('then step(a, b) say "from {a} by {interval(a, b)} \\"so\\""')
    assert rule.say == ("from ", A, " by ", AB, ' "so"')


def test_a_parameter_has_the_kind_of_its_normal_value() -> None:
    rule = rule_of("then abs(interval(a, b)) < size", head="r(size = P5) is required")
    assert rule.parameters[0].default == P5
    assert Variable("interval", "size") in rule.then.arguments[1].arguments  # type: ignore[union-attr]


def test_the_head_of_these_tests_is_sound() -> None:
    assert faults("", HEAD) == ()


@pytest.mark.parametrize(
    ("parameter", "then", "kind"),
    [
        ("1/8", "a.duration > x", "duration"),
        ("1/8", "a.strength > x", "number"),
        ("A4", "interval(a, b) is x", "interval"),
        ("A4", "a.pitch == x", "pitch"),
        ("d5", "interval(a, b) in (x, P8)", "interval"),
        ("A", "a.class is x", "class"),
        ("-M3", "interval(a, b) == x", "interval"),
        ("half", "a.cadence is x", "cadence"),
        ("half", "a.duration == x", "duration"),
    ],
)
def test_what_a_rule_asks_decides_what_its_parameter_is(parameter: str, then: str, kind: str) -> None:
    rule = rule_of(f"then {then}", head=f"r(x = {parameter}) is required")
    assert rule.parameters[0].default.kind == kind


def test_two_parameters_are_told_apart_together() -> None:
    rule = rule_of("when a.duration > y  then interval(a, b) is x", head="r(x = A4, y = 1/4) is required")
    assert [each.default.kind for each in rule.parameters] == ["interval", "duration"]


def test_an_interval_with_a_sign_falls() -> None:
    rule = rule_of("then interval(a, b) == -M3")
    assert Literal("interval", -Interval.parse("M3")) in list(walk(rule.then or P5))


def test_the_place_in_its_phrase_is_that_of_the_last_note() -> None:
    rule = rule_of("then phrase.position > 0.5")
    assert Apply("number", "note.phrase_position", (Variable("note", "b"),)) in list(walk(rule.then or P5))
