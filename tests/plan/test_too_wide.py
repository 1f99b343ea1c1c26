"""A rule that compares too much at once is told where it is asked for, with what would help."""

import pytest

from rulegen.errors import StyleError
from rulegen.plan.problem import compiled, plan_of
from tests.style.building import style_of

HEAD = """style "T"  meter 4/4  key C major  voices { soprano C3..C7 }  form { A = 2 bars }
rhythm { every 1/4 }  melody { notes chromatic }
"""
RULE = """rule wide is forbidden {
  for consecutive notes a, b, c, d, e in voice
  then a.midi * b.midi * c.midi * d.midi * e.midi > 9
}
forbid wide
"""


def test_a_rule_of_one_voice_is_not_to_be_narrowed_to_fewer() -> None:
    with pytest.raises(StyleError) as refused:
        compiled(plan_of(style_of(RULE, HEAD), {}))
    (fault,) = refused.value.diagnostics
    assert fault.code == "too-wide"
    assert fault.help == "say it of fewer notes at a time, or give the voices narrower ranges"
    (label,) = fault.labels
    assert label.source.cut(label.span) == "forbid wide"


def test_rules_on_all_pairs_of_many_voices_are_not_compiled_for_a_style_that_is_refused() -> None:
    voices = "  ".join(f"v{number} C3..C5" for number in range(40))
    head = f"""style "T"  meter 4/4  key C major  use common_practice  voices {{ {voices} }}
form {{ A = 2 bars }}  harmony {{ chords I IV V }}
"""
    plan = plan_of(style_of("", head), {})
    with pytest.raises(StyleError) as refused:
        compiled(plan)
    assert {fault.code for fault in refused.value.diagnostics} == {"too-wide"}
    named = [fault.message.split("`")[1] for fault in refused.value.diagnostics]
    assert "all_voices_same_direction" in named
    tried = {use.rule.name for use in plan.draft.compiled}
    assert "chord_complete" in tried and "parallel_fifths" not in tried
