"""Training: the same every time, stopped early, cancelled, killed and gone on with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from ml.training.loop import Schedule, run
from ml.training.watch import Progress, TrainingCancelled, Watch
from tests.ml.training.line import EPOCHS, Line, trained


def same(left: nn.Module | dict[str, torch.Tensor], right: nn.Module) -> bool:
    state = left.state_dict() if isinstance(left, nn.Module) else left
    return all(torch.equal(state[name], value) for name, value in right.state_dict().items())


def test_a_seed_decides_everything() -> None:
    assert same(trained(None), trained(None))
    assert not same(trained(None), trained(None, seed=6))


def test_the_random_numbers_of_the_process_are_left_as_they_were() -> None:
    module = Line()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    run(module, module.losses, module.metric, Schedule(2, 2, 0.01), Watch())
    assert torch.equal(torch.rand(4), expected)


class Counted(nn.Module):
    """Its parameter is the number of epochs that have been."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(1))

    def losses(self, generator: torch.Generator) -> list[torch.Tensor]:
        with torch.no_grad():
            self.value += 1
        return [self.value.sum() * 0]


def counted(metrics: list[float], schedule: Schedule) -> tuple[list[Progress], float]:
    module, seen = Counted(), list[Progress]()
    left = iter(metrics)
    run(module, module.losses, lambda: next(left), schedule, Watch(report=seen.append))
    return seen, float(module.value.detach())


def test_training_stops_when_nothing_gets_better_and_keeps_the_best() -> None:
    seen, value = counted([0.1, 0.3, 0.2, 0.3, 0.25], Schedule(epochs=100, patience=3, learning_rate=0.0))
    # 0.3 again is no better.
    assert [(progress.epoch, progress.metric, progress.best) for progress in seen] == [
        (1, 0.1, True),
        (2, 0.3, True),
        (3, 0.2, False),
        (4, 0.3, False),
        (5, 0.25, False),
    ]
    assert value == 2


def test_a_metric_may_be_asked_for_now_and_then_and_at_the_end() -> None:
    seen, value = counted([0.1, 0.2, 0.3], Schedule(epochs=7, patience=3, learning_rate=0.0, every=3))
    assert [progress.metric for progress in seen] == [None, None, 0.1, None, None, 0.2, 0.3]
    assert value == 7


def test_without_a_metric_the_last_epoch_is_kept() -> None:
    module = Counted()
    assert run(module, module.losses, None, Schedule(6, 2, 0.0), Watch()) == 6
    assert float(module.value.detach()) == 6


def test_a_cancelled_training_stops_between_epochs_and_can_be_gone_on_with(tmp_path: Path) -> None:
    checkpoint, seen = tmp_path / "checkpoint", list[Progress]()
    module = Line()
    watch = Watch(seed=5, checkpoint=checkpoint, report=seen.append, cancelled=lambda: len(seen) == 4)
    with pytest.raises(TrainingCancelled):
        run(module, module.losses, module.metric, Schedule(EPOCHS, EPOCHS, 0.01, warmup=7), watch)
    assert len(seen) == 4
    rest: list[Progress] = []
    assert same(trained(checkpoint, report=rest), trained(None))
    assert [progress.epoch for progress in rest] == list(range(5, EPOCHS + 1))
    assert not checkpoint.exists()


def test_a_killed_training_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    program = [sys.executable, "-m", "tests.ml.training.line", str(checkpoint)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for epoch in range(1, 6):
            assert int(process.stdout.readline()) == epoch
            process.stdin.write("\n")
            process.stdin.flush()
        process.kill()  # in the middle of the sixth epoch, or while its checkpoint is written
        assert process.wait() == -9
    rest: list[Progress] = []
    resumed = trained(checkpoint, report=rest)
    assert rest[0].epoch in (6, 7)
    assert same(resumed, trained(None))


def test_a_checkpoint_of_another_version_is_not_gone_on_with(tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    torch.save({"format": 0}, checkpoint)
    with pytest.raises(ValueError, match="another version"):
        trained(checkpoint)
