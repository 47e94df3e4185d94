"""Options become settings: through the environment, which the processes that a command starts inherit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.errors.machine import InvalidSetting

if TYPE_CHECKING:
    from domain.settings import Settings

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")

DataDir = Annotated[
    Path | None,
    typer.Option(help="Folder of the embedded database and the logs [SEGUE_DATA_DIR; else your user data folder]"),
]
Host = Annotated[str | None, typer.Option(help="Address to listen on [SEGUE_HOST; 127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on [SEGUE_PORT; 8000]")]


def read_settings(
    *,
    data_dir: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    worker_nice: int | None = None,
    worker_hours: str | None = None,
) -> Settings:
    """The settings of this process; what is given here wins over the environment, and is put there.

    The data folder becomes absolute. Raises InvalidSetting.
    """
    from pydantic import ValidationError

    from domain.settings import Settings

    given = {
        "SEGUE_DATA_DIR": data_dir,
        "SEGUE_HOST": host,
        "SEGUE_PORT": port,
        "SEGUE_WORKER_NICE": worker_nice,
        "SEGUE_WORKER_HOURS": worker_hours,
    }
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    try:
        folder = Settings().data_dir
        os.environ["SEGUE_DATA_DIR"] = str(folder.expanduser().absolute())
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidSetting(
            name=f"SEGUE_{str(first['loc'][0]).upper()}",
            value=first["input"],
            reason=first["msg"].removeprefix("Value error, "),
        ) from None
    if settings.database_url and not settings.database_url.startswith("postgresql://"):
        kind = settings.database_url.split(":", 1)[0]  # what follows may hold a password
        raise InvalidSetting(name="SEGUE_DATABASE_URL", value=f"{kind}:…", reason="it begins with postgresql://")
    if settings.log_level not in LOG_LEVELS:
        raise InvalidSetting(
            name="SEGUE_LOG_LEVEL", value=settings.log_level, reason=f"it takes {', '.join(LOG_LEVELS)}"
        )
    return settings
