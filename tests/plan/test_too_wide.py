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
