"""Long work, a step at a time or at once."""

import torch

from ganvas.tools.steps import Steps
from ganvas.tools.transfer import Transfer, transferred


def test_work_goes_on_when_asked_and_ends_once():
    seen = []

    def work():
        for i in range(3):
            seen.append(i)
            yield
        return "made"

    going = Steps(work())
    assert not seen
    going.step()
    assert seen == [0]
    assert not going.done
    assert going.result == "made"
    assert seen == [0, 1, 2]
    going.step()
    assert going.done
    assert going.result == "made"


def test_a_transfer_in_steps_is_the_same_and_says_how_far_it_is():
    torch.manual_seed(0)
    frames, original = torch.rand(3, 1, 8, 8) * 2 - 1, torch.rand(1, 20, 20)
    going, told = Transfer(original, frames), [0.0]
    while not going.done:
        going.step()
        assert going.progress >= told[-1]
        told.append(going.progress)
    assert told[-1] == 1
    assert torch.equal(going.result, transferred(original, frames))
