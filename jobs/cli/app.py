"""All commands, and what becomes of an error."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

from typer import Typer

from domain.errors.base import SegueError
from jobs.cli.backup import backup
from jobs.cli.composers import composers
from jobs.cli.console import one_line
from jobs.cli.cost import cost
from jobs.cli.derive import derive
from jobs.cli.doctor import doctor
from jobs.cli.down import down
from jobs.cli.edit import edit
from jobs.cli.embed import embed
from jobs.cli.evaluate import evaluate
from jobs.cli.example import example
from jobs.cli.export import export
from jobs.cli.import_embeddings import import_embeddings
from jobs.cli.import_interactions import import_interactions
from jobs.cli.import_segments import import_segments
from jobs.cli.imports import import_
from jobs.cli.jobs import jobs
from jobs.cli.keys import keys
from jobs.cli.logs import save_traceback
from jobs.cli.map import map_
from jobs.cli.migrate import migrate
from jobs.cli.models import models
from jobs.cli.near_duplicates import near_duplicates
from jobs.cli.prune import prune
from jobs.cli.reembed import reembed
from jobs.cli.restore import restore
from jobs.cli.rotate_keys import rotate_keys
from jobs.cli.serve import serve
from jobs.cli.simulate import simulate
from jobs.cli.space_compare import space_compare
from jobs.cli.spaces import spaces
from jobs.cli.status import status
from jobs.cli.train import train
from jobs.cli.up import up
from jobs.cli.users import users
from jobs.cli.watch import watch
from jobs.cli.weights import weights
from jobs.cli.worker import worker

INTERRUPTED = 130

app = Typer(
    name="segue",
    help="Tells a small music archive what to play next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    up,
    down,
    status,
    doctor,
    serve,
    worker,
    watch,
    embed,
    reembed,
    backup,
    restore,
    prune,
    edit,
    near_duplicates,
    simulate,
    train,
    evaluate,
    spaces,
    space_compare,
    cost,
    migrate,
    rotate_keys,
    example,
):
    app.command()(command)
app.command("import")(import_)
app.command("map")(map_)
app.command("import-segments")(import_segments)
app.command("import-embeddings")(import_embeddings)
app.command("import-interactions")(import_interactions)
app.add_typer(export, name="export")
app.add_typer(jobs, name="jobs")
app.add_typer(composers, name="composers")
app.add_typer(weights, name="weights")
app.add_typer(derive, name="derive")
app.add_typer(models, name="models")
app.add_typer(keys, name="keys")
app.add_typer(users, name="users")


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0, 1 for an error, 2 for a wrong call, 130 when interrupted."""
    try:
        app(args=list(arguments), prog_name="segue")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except SegueError as error:
        return _complain(str(error))
    except Exception as error:
        return _complain(_known(error) or _surprise(error))
    return 0


def _complain(line: str) -> int:
    sys.stderr.write(f"segue: {one_line(line)}\n")
    return 1


def _known(error: Exception) -> str | None:
    """What a library's error means, where it has a name of ours."""
    from jobs.cli.database import place
    from jobs.cli.environment import read_settings
    from sql.faults import fault_of

    fault = fault_of(error, place(read_settings()))
    return None if fault is None else str(fault)


def _surprise(error: Exception) -> str:
    """Keeps the traceback of what nobody foresaw in a log, and says where."""
    what = "".join(traceback.format_exception_only(error)).strip()
    log = save_traceback(traceback.format_exc())
    where = f"What led to it is in {log}" if log else "What led to it could be written nowhere"
    return f"this was not foreseen: {what}. {where}"
