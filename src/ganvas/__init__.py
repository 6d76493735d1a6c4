"""ganvas: the workshop for generative adversarial networks.

import ganvas

run = ganvas.train("dcgan", data="digits", minutes=1)
images = run.sample(64)
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganvas.api import doctor, evaluate, games, load, make, pretrained, resume, train
    from ganvas.core.errors import GanvasError
    from ganvas.core.run import Run
    from ganvas.tools.by_hand import drag, paint
    from ganvas.tools.editing import inpaint, project
    from ganvas.tools.explore.exploring import explore
    from ganvas.tools.importing import import_
    from ganvas.tools.translate import translate

__version__ = version("ganvas")
__all__ = [
    "GanvasError",
    "Run",
    "doctor",
    "drag",
    "evaluate",
    "explore",
    "games",
    "import_",
    "inpaint",
    "load",
    "make",
    "paint",
    "pretrained",
    "project",
    "resume",
    "train",
    "translate",
]

# `import ganvas` is quick: what a name stands for is imported when it is first used.
_HOMES = {
    "GanvasError": "ganvas.core.errors",
    "Run": "ganvas.core.run",
    "drag": "ganvas.tools.by_hand",
    "explore": "ganvas.tools.explore.exploring",
    "import_": "ganvas.tools.importing",
    "inpaint": "ganvas.tools.editing",
    "paint": "ganvas.tools.by_hand",
    "project": "ganvas.tools.editing",
    "translate": "ganvas.tools.translate",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'ganvas' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "ganvas.api")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
