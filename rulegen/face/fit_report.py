"""What `rulegen fit` found, to be read: weights, counts, likelihoods, and what the corpus breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulegen.face.rule_page import line_of
from rulegen.fit.run import reasons
from rulegen.tables import counted, table

if TYPE_CHECKING:
    from rulegen.face.fit_corpus import CorpusPhrases
    from rulegen.fit.run import Fit, Likelihood

_MOST_REASONS = 12
_FEW = 10  # moments a weight
_WIDEST = 60


def report(read: CorpusPhrases, fit: Fit) -> str:
    """The whole report, without a line break at its end."""
    return "\n".join([*_phrases(read, fit), "", *_weights(fit), "", *_broken(fit), "", *_likelihoods(fit)])


def _phrases(read: CorpusPhrases, fit: Fit) -> list[str]:
    groups = fit.evidence.groups
    total = sum(len(group.phrases) for group in groups)
    kept = sum(int(fit.evidence.keeps(group).sum()) for group in groups)
    held = fit.held_out.phrases if fit.held_out is not None else 0
    lines = [
        f"{read.name}: {counted(total, 'phrase')} of {counted(read.pieces, 'piece')} read, "
        f"{kept} keep all rules; {fit.fitted.phrases} fitted, {held} held out",
        f"{fit.open[0]} of {counted(fit.open[1], 'moment')} of the phrases fitted are open: "
        "where a rule is broken, all stays as it is",
    ]
    weights = sum(not each.decided for each in fit.uses)
    if fit.open[0] < _FEW * weights:
        few = f"few for {counted(weights, 'weight')}"
        lines.append(f"{few}: the prior decides much of them; --count looks at more phrases")
    if fit.beyond:
        lines.append(f"{counted(fit.beyond, 'phrase')} left out: their lattices pass the budget")
    why = reasons(fit.evidence)
    if why:
        lines += ["", *table(("not allowed", "phrases"), _counted_most(why.most_common()))]
    return lines


def _counted_most(found: list[tuple[str, int]]) -> list[tuple[str, str]]:
    rows = [(why, str(many)) for why, many in found[:_MOST_REASONS]]
    more = len(found) - _MOST_REASONS
    return [*rows, (f"and {more} more rules", "")] if more > 0 else rows


def _weights(fit: Fit) -> list[str]:
    heads = ("preference", "weight", "fitted", f"in 100 {fit.unit}s", "expected", "now")
    rows = []
    for each in fit.uses:
        rates = (each.counted, each.expected_before, each.expected_after)
        after = "as it is" if each.decided else f"{each.after:.2f}"
        rows.append(
            (_short(line_of(each.use)), f"{each.before:.2f}", after, *(f"{fit.rate(n):.1f}" for n in rates))
        )
    lines = table(heads, rows)
    if any(each.decided for each in fit.uses):
        lines.append("as it is: nothing in the phrases could be otherwise for its sake")
    if any(each.after < 0 for each in fit.uses):
        lines.append("below 0: its verb is turned, prefer to avoid or avoid to prefer")
    for beyond in dict.fromkeys(beyond for _, beyond in fit.evidence.unread):
        names = dict.fromkeys(use.rule.name for use, each in fit.evidence.unread if each == beyond)
        lines.append(f"not read, since they speak of {beyond}: {', '.join(names)}")
    return lines


def _broken(fit: Fit) -> list[str]:
    found = [(use, many, rate) for use, many, rate in fit.broken() if many]
    if not found:
        return ["no hard rule is broken in the corpus"]
    rows = [
        (_short(line_of(use)), str(many), f"{rate:.2f}")
        for use, many, rate in sorted(found, key=lambda each: -each[1])
    ]
    return table(("hard rule", "broken", f"in 100 {fit.unit}s"), rows)


def _likelihoods(fit: Fit) -> list[str]:
    rows = [_likelihood("fitted", fit.fitted)]
    if fit.held_out is not None:
        rows.append(_likelihood("held out", fit.held_out))
    return table(("log likelihood, nats a phrase", "phrases", "before", "after"), rows)


def _likelihood(name: str, found: Likelihood) -> tuple[str, str, str, str]:
    return name, str(found.phrases), f"{found.before:.2f}", f"{found.after:.2f}"


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
