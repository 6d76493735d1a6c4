"""Train: processes that are begun, paused and found again from the page, and the lab."""

import pytest
from tests.studio.people import Served

pytest.importorskip("fastapi")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def studio(home):
    served = Served({}, home=home)
    yield served
    served.close()
    served.desk.trainings.close()


def test_lab(opened, look):
    with opened("train/lab") as page:
        page.get_by_text("D begins").wait_for()
        look(page, "lab")
        page.get_by_role("button", name="One move").click()
        page.wait_for_timeout(3000)
        look(page, "lab-move")
    with opened("train") as page:
        page.wait_for_timeout(4000)
        look(page, "train")
