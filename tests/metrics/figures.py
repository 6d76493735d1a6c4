"""Shows rows to a figure."""

from ganvas.core import Points
from ganvas.metrics import FIGURES
from ganvas.metrics.figure import Rows, Subject


def subject(real, fake, **more):
    """The subject of two clouds of features, (n, d) and (m, d)."""
    space = more.pop("space", Points(real.shape[1]))
    usual = {"source": "somewhere", "dims": real.shape[1]}
    return Subject(space=space, n_real=len(real), n_fake=len(fake), **{**usual, **more})


def measured(name, real, fake, batch=64, about=None, **more):
    """The value of a figure of two clouds that are their own features, in batches."""
    figure = FIGURES[name](about or subject(real, fake, **more))
    show(figure, real, fake, batch)
    return figure.value()


def show(figure, real, fake, batch=64):
    """Both sides, in batches."""
    for x in real.split(batch):
        figure.real(Rows(x, features=x.float()))
    for x in fake.split(batch):
        figure.fake(Rows(x, features=x.float()))
