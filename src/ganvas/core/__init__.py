"""The idea, with no paper in it: players, moves, stages, games and their trainer."""

from ganvas.core.chance import Chance
from ganvas.core.clock import Clock
from ganvas.core.config import Config, Count, Share, Weight, Whole
from ganvas.core.errors import (
    CheckpointError,
    Collapsed,
    DataError,
    Diverged,
    GameError,
    GanvasError,
    UsageError,
)
from ganvas.core.game import Carried, Direction, Game, Move, Paper, Preset, Stage
from ganvas.core.listener import Listener
from ganvas.core.player import SGD, Adam, Player, RMSProp
from ganvas.core.schedule import Rate, Schedule
from ganvas.core.settings import Settings
from ganvas.core.space import Image, Label, Noise, Points, Space, Tokens
from ganvas.core.stream import Batch, Stream, Table
from ganvas.core.styled import Styled
from ganvas.core.trainer import Trainer

__all__ = [
    "SGD",
    "Adam",
    "Batch",
    "Carried",
    "Chance",
    "CheckpointError",
    "Clock",
    "Collapsed",
    "Config",
    "Count",
    "DataError",
    "Direction",
    "Diverged",
    "Game",
    "GameError",
    "GanvasError",
    "Image",
    "Label",
    "Listener",
    "Move",
    "Noise",
    "Paper",
    "Player",
    "Points",
    "Preset",
    "RMSProp",
    "Rate",
    "Schedule",
    "Settings",
    "Share",
    "Space",
    "Stage",
    "Stream",
    "Styled",
    "Table",
    "Tokens",
    "Trainer",
    "UsageError",
    "Weight",
    "Whole",
]
