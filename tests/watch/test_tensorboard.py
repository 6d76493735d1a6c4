from pathlib import Path

import pytest
from watched import play

from ganvas import watch
from ganvas.core import Image
from ganvas.watch import Log, Previews, TensorBoard

pytest.importorskip("tensorboard")


def test_tensorboard_sees_the_same_figures_and_pictures(tmp_path: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = Log(tmp_path, every=0.0)
    play(log, Previews(tmp_path), TensorBoard(tmp_path, log), rounds=9, space=Image(1, 8, 8))
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    found = [(e.step, e.value) for e in events.Scalars("loss/D")]
    assert [step for step, _ in found] == [8, 72]
    lines = watch.log.read(tmp_path)
    assert [value for _, value in found] == pytest.approx(
        [lines[0]["loss/D"], lines[-1]["loss/D"]], rel=1e-4
    )
    pictures = events.Images("samples")
    assert pictures[-1].step == 72
    assert (pictures[-1].width, pictures[-1].height) == (548, 548)
