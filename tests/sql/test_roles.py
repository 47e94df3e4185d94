"""The users of a deployment's database: what an administrator makes suffices for the API and workers, and no more."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from api.app import create_app
from domain.errors.machine import DatabaseUnreachable
from domain.ids import encode
from domain.settings import Settings
from jobs.queue import EMBED_NEXT, JobQueue
from sql.embedded.programs import binaries
from sql.migrate import head
from sql.roles import API, OWNER, WORKER, administrator_address
from tests.conftest import with_database
from tests.jobs.cli.command import segue
from tests.small_archive import SmallArchive, fill

pytestmark = pytest.mark.anyio

ADMINISTRATOR = "segue_admin"
DATABASE = "deployment"


def as_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))


@pytest.fixture(scope="module")
def deployment_url(postgres_url: str) -> Iterator[str]:
    """A database as RDS gives it: empty, with an administrator who is no superuser, and the role of IAM's members."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE CREATEDB")
        connection.execute("CREATE ROLE rds_iam")
        connection.execute(f"GRANT rds_iam TO {ADMINISTRATOR} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE")
        connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ADMINISTRATOR}")
    url = with_database(postgres_url, DATABASE)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")  # which RDS lets an administrator do
    yield url
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        for role in (API, WORKER, OWNER, ADMINISTRATOR, "rds_iam"):
            connection.execute(f"DROP ROLE {role}")


@pytest.fixture(scope="module")
def archive(deployment_url: str) -> SmallArchive:
    """Migrated by the administrator, twice, and filled by a worker."""
    url = as_user(deployment_url, ADMINISTRATOR)
    for said in (f"The database is at schema {head()} (was empty)", f"The database is at schema {head()} already"):
        ran = segue("migrate", "--services", database_url=url)
        assert (ran.code, ran.out) == (0, [said]), ran.err
    return fill(as_user(deployment_url, WORKER))


def test_everything_belongs_to_the_owner_who_logs_in_nowhere(deployment_url: str, archive: SmallArchive) -> None:
    with psycopg.connect(deployment_url) as connection:
        owners = connection.execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'dramatiq')"
        )
        assert owners.fetchall() == [(OWNER,)]  # also of the partitions that the worker made
        roles = connection.execute(
            "SELECT rolname, rolcanlogin, pg_has_role(oid, 'rds_iam', 'USAGE') FROM pg_roles"
            " WHERE rolname LIKE 'segue%' ORDER BY 1"
        )
        assert roles.fetchall() == [
            (ADMINISTRATOR, True, False),  # still by password
            (API, True, True),
            (OWNER, False, False),
            (WORKER, True, True),
        ]
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(as_user(deployment_url, OWNER))


async def test_the_api_can_do_all_that_it_does(
    deployment_url: str, archive: SmallArchive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = as_user(deployment_url, API)
    app = create_app(Settings(database_url=url, data_dir=tmp_path_factory.mktemp("data")), in_cloud=True)
    track = encode("Track", archive.tracks["Prelude"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:

        async def ask(query: str, token: str = "", **variables: str) -> dict[str, object]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = await http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
            assert "errors" not in answer.json(), answer.json()
            return dict(answer.json()["data"])

        similar = await ask(
            "query($t: ID!) { recommendSimilar(trackId: $t, first: 1) { items { track { title } } } }", t=track
        )
        assert similar == {"recommendSimilar": {"items": [{"track": {"title": "Fugue"}}]}}
        created = await ask("mutation { createUser { token } }")
        token = created["createUser"]["token"]  # type: ignore[index]  # JSON
        await ask("mutation { startSession { id } }", token)
    await app.state.services.close()
    queue = JobQueue.of(url)
    queue.enqueue(EMBED_NEXT, 1)
    queue.close()
    with psycopg.connect(deployment_url) as connection:
        assert connection.execute("SELECT count(*) FROM dramatiq.queue").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE tracks",
        "CREATE TABLE mine ()",
        "TRUNCATE users",
        "ALTER TABLE users ADD mine text",
        f"SET ROLE {OWNER}",
    ],
)
def test_the_api_can_do_no_more(deployment_url: str, archive: SmallArchive, statement: str) -> None:
    with (
        psycopg.connect(as_user(deployment_url, API)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)  # type: ignore[arg-type]  # of the test


def test_a_table_of_a_later_migration_is_open_to_the_api(deployment_url: str, archive: SmallArchive) -> None:
    with psycopg.connect(as_user(deployment_url, WORKER)) as connection:
        connection.execute("CREATE TABLE later (id int)")
    with psycopg.connect(as_user(deployment_url, API)) as connection:
        connection.execute("INSERT INTO later VALUES (1)")
        assert connection.execute("SELECT count(*) FROM later").fetchone() == (1,)
    with psycopg.connect(as_user(deployment_url, WORKER)) as connection:
        connection.execute("DROP TABLE later")


ANSWERS = """
{
  albums(first: 10) { nodes { id title } }
  tracks(first: 10) { nodes {
    id title durationSeconds tags { name score }
    similar(first: 3) { items { rank score track { id title } reasons { kind text } } }
  } }
  spaces { id name trackCount state }
}
"""


async def answers(url: str) -> dict[str, object]:
    """What the API says as the user that it is."""
    app = create_app(Settings(database_url=as_user(url, API)), in_cloud=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as http:
        answer = (await http.post("/graphql", json={"query": ANSWERS})).json()
    await app.state.services.close()
    assert "errors" not in answer, answer
    return dict(answer["data"])


def run(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs."""
    ended = subprocess.run([binaries() / program, *arguments], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.fixture
def empty_url(deployment_url: str, postgres_url: str) -> Iterator[str]:
    """Another database of the same administrator, with nothing in it."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE restored OWNER {ADMINISTRATOR}")
    yield with_database(postgres_url, "restored")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE restored WITH (FORCE)")


async def test_a_backup_restored_by_a_worker_serves_the_same_answers(
    deployment_url: str, archive: SmallArchive, empty_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "archive.zip"
    made = segue("backup", file, database_url=as_user(deployment_url, WORKER), data_dir=tmp_path / "here")
    assert made.code == 0, made.err
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    assert segue("migrate", "--services", database_url=as_user(empty_url, ADMINISTRATOR)).code == 0
    got = segue("restore", file, database_url=as_user(empty_url, WORKER), data_dir=tmp_path / "there")
    assert got.code == 0, got.err
    assert await answers(empty_url) == await answers(deployment_url)


async def test_a_dump_of_postgresqls_own_serves_the_same_answers(
    deployment_url: str, archive: SmallArchive, empty_url: str, tmp_path: Path
) -> None:
    dump = str(tmp_path / "archive.dump")
    run("pg_dump", "--format=custom", f"--file={dump}", as_user(deployment_url, WORKER))
    run("pg_restore", "--exit-on-error", f"--dbname={empty_url}", dump)
    # Also who owns what, and who may do what, is in it.
    assert await answers(empty_url) == await answers(deployment_url)


def test_an_administrator_that_is_not_let_in_is_told(deployment_url: str, new_database: Callable[[], str]) -> None:
    assert administrator_address(deployment_url) == deployment_url
    with pytest.raises(DatabaseUnreachable, match="does not exist"):
        administrator_address(as_user(deployment_url, "nobody_here"))
