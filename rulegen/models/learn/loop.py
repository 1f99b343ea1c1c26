"""The training of a network: epochs until the validation loss gets no better, and a checkpoint after each.

What an epoch draws at random depends on the seed and the epoch's number alone, so a training that was
interrupted goes on as if it had not been.
"""

from __future__ import annotations

import copy
import io
import math
import pickle
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from rulegen.errors import ModelError
from rulegen.models.base import StorableLaw
from rulegen.models.learn.lesson import Lesson, Progress
from rulegen.storage import replace_whole

_AVERAGED = 0.99  # how much of the averaged weights stays at each update
_LARGEST_GRADIENT = 1.0
_WARMING = 100  # updates until the full learning rate, or a tenth of all
_LARGEST_SEED = 2**31


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How to train. `batch`: pieces an update; `patience`: epochs without getting better until it ends;
    `afresh`: a checkpoint is not gone on with, and written over once there is another.
    """

    epochs: int = 60
    patience: int = 10
    batch: int = 8
    rate: float = 3e-3
    decay: float = 0.01
    seed: int = 0
    threads: int = 1
    afresh: bool = False


@dataclass(frozen=True, slots=True)
class Epoch:
    """Losses after an epoch, nats a prediction."""

    training: float
    validation: float


Curves = dict[str, list[float]]


def seeded(seed: int) -> None:
    """Makes the first weights depend on the seed alone."""
    torch.manual_seed(seed % _LARGEST_SEED)


class Task(Protocol):
    """What is trained: a network, and its loss on batches of the pieces by their numbers."""

    network: nn.Module

    @property
    def training(self) -> int:
        """How many pieces there are to train on; those to judge by come after them."""

    @property
    def validation(self) -> int:
        """How many pieces there are to judge by."""

    def loss(self, network: nn.Module, pieces: Sequence[int], is_training: bool) -> tuple[Tensor, int]:
        """The summed loss in nats over some pieces, and the number of predictions."""

    def model(self, network: nn.Module) -> StorableLaw:
        """The trained network as it runs without torch."""


def taught(lesson: Lesson, made: Callable[[], Task], progress: Progress) -> tuple[StorableLaw, Curves]:
    """The law of a task that is made and trained as a lesson says, and its losses by epoch."""
    own = lesson.options
    names = ("epochs", "patience", "batch", "rate", "decay", "threads")
    schedule = TrainingPlan(**{name: own[name] for name in names}, seed=lesson.seed, afresh=lesson.afresh)
    seeded(lesson.seed)
    task = made()
    network, epochs = train(task, schedule, lesson.checkpoint, lesson.mark, progress)
    losses = {name: [getattr(epoch, name) for epoch in epochs] for name in ("training", "validation")}
    return task.model(network), losses


@dataclass
class _Course:
    """A training under way."""

    network: nn.Module
    averaged: nn.Module
    optimiser: torch.optim.Optimizer
    best: dict[str, Tensor]
    epochs: list[Epoch]


def train(
    task: Task, plan: TrainingPlan, checkpoint: Path, mark: str, progress: Progress
) -> tuple[nn.Module, list[Epoch]]:
    """The network with the weights that were best on the validation pieces, and the losses of all epochs.

    The weights judged and kept are averages over the updates (Polyak & Juditsky 1992). `mark` says what is
    trained on what: a checkpoint with another one is refused. Raises ModelError for that, and where the
    loss is no number any more.
    """
    torch.set_num_threads(plan.threads)
    torch.use_deterministic_algorithms(True)
    course = _begun(task, plan)
    if not plan.afresh:
        course = _resumed(course, checkpoint, mark)
    while len(course.epochs) < plan.epochs and not _is_over(course.epochs, plan.patience):
        number = len(course.epochs)
        training = _epoch(task, plan, course, number, progress)
        validation = _judged(task, course.averaged, plan.batch)
        if not math.isfinite(training + validation):
            raise ModelError(_NOT_A_NUMBER.format(number + 1, plan.rate, plan.rate / 4))
        if not course.epochs or validation < min(epoch.validation for epoch in course.epochs):
            course.best = copy.deepcopy(course.averaged.state_dict())
        course.epochs.append(Epoch(training, validation))
        _keep(course, checkpoint, mark)
        progress(
            f"epoch {number + 1} of at most {plan.epochs}: {validation:.4f} nats on the validation pieces"
        )
    course.network.load_state_dict(course.best)
    return course.network.eval(), course.epochs


_NOT_A_NUMBER = (
    "the loss is no number any more in epoch {}: "
    "the learning rate of {:g} is too high for this corpus; try --rate {:g}"
)


def _begun(task: Task, plan: TrainingPlan) -> _Course:
    network = task.network
    optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    averaged = copy.deepcopy(network)
    return _Course(network, averaged, optimiser, copy.deepcopy(network.state_dict()), [])


def _is_over(epochs: Sequence[Epoch], patience: int) -> bool:
    losses = [epoch.validation for epoch in epochs]
    return bool(losses) and len(losses) - 1 - losses.index(min(losses)) >= patience


def _epoch(task: Task, plan: TrainingPlan, course: _Course, number: int, progress: Progress) -> float:
    """One pass over the training pieces; the mean loss."""
    torch.manual_seed((plan.seed * 1_000_003 + number) % _LARGEST_SEED)
    order = np.random.default_rng([plan.seed, number]).permutation(task.training).tolist()
    batches = [order[start : start + plan.batch] for start in range(0, len(order), plan.batch)]
    total, predictions = 0.0, 0
    course.network.train()
    for place, batch in enumerate(batches):
        update = number * len(batches) + place
        _set_rate(course.optimiser, plan, update, plan.epochs * len(batches))
        summed, count = task.loss(course.network, batch, True)
        loss = summed / max(count, 1)
        course.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(course.network.parameters(), _LARGEST_GRADIENT)
        course.optimiser.step()
        _average(course, update)
        total, predictions = total + float(summed.detach()), predictions + count
        if not math.isfinite(total):
            return math.nan
        progress(f"epoch {number + 1} of at most {plan.epochs}: {total / predictions:.4f} nats so far")
    return total / max(predictions, 1)


def _set_rate(optimiser: torch.optim.Optimizer, plan: TrainingPlan, update: int, updates: int) -> None:
    """Up in a line, then down in half a cosine."""
    warming = max(1, min(_WARMING, updates // 10))
    share = min(1.0, (update + 1) / warming) * 0.5 * (1 + math.cos(math.pi * update / updates))
    for group in optimiser.param_groups:
        group["lr"] = plan.rate * share


def _average(course: _Course, update: int) -> None:
    kept = min(_AVERAGED, (update + 1) / (update + 10))
    with torch.no_grad():
        for mean, own in zip(course.averaged.parameters(), course.network.parameters(), strict=True):
            mean.lerp_(own, 1 - kept)


def _judged(task: Task, network: nn.Module, batch: int) -> float:
    """The mean loss on the validation pieces."""
    network.eval()
    total, predictions = 0.0, 0
    with torch.no_grad():
        for start in range(0, task.validation, batch):
            pieces = range(start, min(start + batch, task.validation))
            summed, count = task.loss(network, [task.training + piece for piece in pieces], False)
            total, predictions = total + float(summed), predictions + count
    return total / max(predictions, 1)


def _keep(course: _Course, checkpoint: Path, mark: str) -> None:
    held: dict[str, Any] = {
        "mark": mark,
        "network": course.network.state_dict(),
        "averaged": course.averaged.state_dict(),
        "optimiser": course.optimiser.state_dict(),
        "best": course.best,
        "epochs": [asdict(epoch) for epoch in course.epochs],
    }
    buffer = io.BytesIO()
    torch.save(held, buffer)
    try:
        replace_whole(checkpoint, [buffer.getbuffer()])
    except OSError as error:
        raise ModelError(f"{checkpoint} cannot be written: {error.strerror or error}") from None


def _resumed(course: _Course, checkpoint: Path, mark: str) -> _Course:
    """The course as a checkpoint left it, where there is one."""
    if not checkpoint.exists():
        return course
    try:
        held = torch.load(checkpoint, weights_only=True)  # plain data alone: nothing in it is executed
        if held["mark"] != mark:
            raise ModelError(
                f"{checkpoint} was left by a training with other options or another corpus: "
                "give the same ones to go on with it, or --afresh to begin anew"
            )
        course.network.load_state_dict(held["network"])
        course.averaged.load_state_dict(held["averaged"])
        course.optimiser.load_state_dict(held["optimiser"])
        course.best = held["best"]
        course.epochs = [Epoch(**epoch) for epoch in held["epochs"]]
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError):
        raise ModelError(f"{checkpoint} is damaged: give --afresh to begin anew") from None
    return course
