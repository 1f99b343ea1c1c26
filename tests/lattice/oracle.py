"""The law of `rulegen.lattice.problem`, by writing out every assignment: nothing here knows the engine."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from rulegen.lattice.problem import Factor, Output, Problem

Moment = tuple[int, ...]
Assignment = tuple[Moment, ...]


def laws(problem: Problem) -> dict[Assignment, float]:
    """Every assignment of positive weight, with its log weight."""
    found = {}
    for assignment in assignments(problem):
        weight = log_weight(problem, assignment)
        if weight > -math.inf:
            found[assignment] = weight
    return found


def assignments(problem: Problem) -> Iterator[Assignment]:
    layers = [list(itertools.product(*(d.tolist() for d in layer.domains))) for layer in problem.layers]
    return itertools.product(*layers)


def log_weight(problem: Problem, assignment: Assignment) -> float:
    """The log weight of an assignment, statement by statement."""
    seams = {seam.statement: seam for seam in problem.seams}
    memory = [slot.start for slot in problem.slots]
    before: Moment | None = None
    ends: dict[int, list[int]] = {}
    total = 0.0
    for statement, section in enumerate(problem.order):
        bounds = problem.sections[section]
        again = section in ends
        seam = seams.get(statement)
        for i, layer in enumerate(range(bounds.first, bounds.stop)):
            if not again:
                factors = problem.layers[layer].factors
            elif seam is not None and i < len(seam.factors):
                factors = seam.factors[i]
            else:
                factors = ()
            total += enter(factors, memory, before, assignment[layer])
            if total == -math.inf:
                return total
            before = assignment[layer]
        if again:
            memory = list(ends[section])
        else:
            ends[section] = list(memory)
    return total


def enter(factors: tuple[Factor, ...], memory: list[int], before: Moment | None, after: Moment) -> float:
    """The weight of entering one layer; moves `memory`."""
    outputs: dict[object, int] = {}
    total = 0.0
    for factor in factors:
        letter = read(factor, outputs, before, after)
        if letter is None:
            continue
        held = memory[factor.slot] if factor.slot is not None else 0
        total += float(factor.log_weight[held, letter])
        if factor.output is not None:
            outputs[factor.name] = int(factor.output[held, letter])
        if factor.slot is not None and factor.next is not None:
            memory[factor.slot] = int(factor.next[held, letter])
    return total


def read(factor: Factor, outputs: dict[object, int], before: Moment | None, after: Moment) -> int | None:
    """The letter, or nothing where the factor is not evaluated."""
    letter = 0
    for item in factor.reads:
        if isinstance(item, Output):
            if item.factor not in outputs:
                return None
            value = outputs[item.factor]
        else:
            if item.before and before is None:
                return None
            left = (
                tuple(np.array([before[c]], dtype=np.int32) for c in item.before)
                if before is not None
                else ()
            )
            right = tuple(np.array([after[c]], dtype=np.int32) for c in item.after)
            value = int(item.letter(left, right)[0])
        letter = letter * item.size + value
    return letter


def mass(found: dict[Assignment, float]) -> float:
    """The log of the sum of the weights."""
    if not found:
        return -math.inf
    greatest = max(found.values())
    return greatest + math.log(sum(math.exp(w - greatest) for w in found.values()))


def marginals(problem: Problem, found: dict[Assignment, float]) -> list[list[dict[int, float]]]:
    """By layer and component: the probability of each value of the domain."""
    total = mass(found)
    tables = [[dict.fromkeys(d.tolist(), 0.0) for d in layer.domains] for layer in problem.layers]
    for assignment, weight in found.items():
        for layer, moment in enumerate(assignment):
            for component, value in enumerate(moment):
                tables[layer][component][value] += math.exp(weight - total)
    return tables
