"""Who starts the services, who shares them, who stops them, and what no kill can break."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from gestral.embedded import running

from .conftest import User, is_alive, looks, wait_until

StartUser = Callable[..., User]


def processes(data: Path) -> list[int]:
    found = [(look.process, look.guardian) for look in looks(data).values()]
    return [process for pair in found for process in pair if process is not None]


def write(database: str, queue: str) -> None:
    """Put a row and a job where they have to be found again."""
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO kept.rows VALUES (1)")
    with redis.Redis.from_url(queue) as client:
        client.set("job", "waiting")
        assert client.execute_command("WAITAOF", 1, 0, 0)[0] == 1


def test_the_last_of_many_users_stops_both_servers(data: Path, user: StartUser) -> None:
    first, second = user(data), user(data)  # at the same time: only one of them starts
    assert first.addresses() == second.addresses()
    running_now = processes(data)
    assert len(running_now) == 4
    first.leave()
    assert processes(data) == running_now
    second.leave()
    assert not any(is_alive(process) for process in running_now)
    assert not any(look.running for look in looks(data).values())


def test_servers_stop_after_all_their_users_were_killed(data: Path, user: StartUser) -> None:
    users = [user(data), user(data)]
    for one in users:
        one.addresses()
    running_now = processes(data)
    for one in users:
        one.kill()
    wait_until(lambda: not any(is_alive(process) for process in running_now))


@pytest.mark.parametrize("victim", ["guardian", "server", "all"])
def test_what_was_written_outlives_the_killing_of(data: Path, victim: str) -> None:
    with running(data) as services:
        with psycopg.connect(services.database_owner_url) as connection:
            connection.execute("CREATE SCHEMA kept")
            connection.execute("CREATE TABLE kept.rows (number int)")
            connection.execute("GRANT USAGE ON SCHEMA kept TO gestral_app")
            connection.execute("GRANT SELECT, INSERT ON kept.rows TO gestral_app")
        write(services.database_url, services.redis_url)
        before = looks(data)
        for look in before.values():
            assert look.process
            assert look.guardian
            victims = {
                "guardian": [look.guardian],
                "server": [look.process],
                "all": [look.guardian, look.process],
            }
            for process in victims[victim]:
                os.kill(process, signal.SIGKILL)

        def mended() -> bool:
            now = looks(data)
            return all(
                look.running and look.process not in {None, before[name].process}
                for name, look in now.items()
            )

        # Those who use the services need not start again: they come back by themselves, at the
        # same addresses.
        wait_until(mended)
        with running(data) as again:
            assert again == services
        with psycopg.connect(services.database_url) as connection:
            assert connection.execute("SELECT number FROM kept.rows").fetchall() == [(1,)]
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.get("job") == b"waiting"
    assert processes(data) == []


def test_a_start_after_everything_was_killed_finds_the_data(data: Path, user: StartUser) -> None:
    killed = user(data)
    _, queue = killed.addresses()
    with redis.Redis.from_url(queue) as client:
        client.set("job", "waiting")
        client.execute_command("WAITAOF", 1, 0, 0)
    running_then = processes(data)
    # A guardian must do nothing more about the death of its server, or of its last user.
    guardians = [look.guardian for look in looks(data).values() if look.guardian]
    for process in guardians:
        os.kill(process, signal.SIGSTOP)
    for process in [killed.process.pid, *running_then]:
        os.kill(process, signal.SIGKILL)
    # The worst case: the number that the stale file names belongs to another process by now.
    (stale,) = (data / "postgres").glob("*/postmaster.pid")
    other = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=-1)
    lines = stale.read_text().splitlines()
    stale.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
    with running(data) as services:
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.get("job") == b"waiting"
        psycopg.connect(services.database_url).close()
        assert other.poll() is None
    other.communicate()


def test_a_forked_child_neither_keeps_nor_ends_the_use(tmp_path: Path) -> None:
    program = f"""
import os, sys
from pathlib import Path
from gestral.embedded import running, status
data = Path({str(tmp_path)!r})
read, write = os.pipe()
with running(data, postgres=False):
    ending = os.fork()
    if not ending:
        sys.exit(3)
    print(os.waitstatus_to_exitcode(os.waitpid(ending, 0)[1]), status(data)[1].running)
    staying = os.fork()
    if not staying:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
print(status(data)[1].running)
os.close(write)
os.waitpid(staying, 0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["3", "True", "False"]


def test_an_initialisation_that_was_cut_off_is_made_anew(tmp_path: Path) -> None:
    with running(tmp_path, postgres=False):
        pass
    unfinished = tmp_path / "postgres" / "18.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with running(tmp_path, valkey=False) as services:
        psycopg.connect(services.database_url).close()
    assert not unfinished.exists()


def test_a_long_path_is_no_hindrance(stopped: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(stopped, tmp_path / ("long" * 30)))
    with running(data) as services:
        psycopg.connect(services.database_url).close()
        with redis.Redis.from_url(services.redis_url) as client:
            assert client.ping()
            sockets = Path(client.get_connection_kwargs()["path"]).parent
        assert not sockets.is_relative_to(data)
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


def interpreter_for_all() -> str:
    """An interpreter that every user may run, of this one's version."""
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        # Another process as that user: its rights, not root's, decide.
        inner = (*AS_NOBODY, "sh", "-c", f'exec "{candidate}" -c ""')
        if subprocess.run(inner, check=False, stderr=subprocess.DEVNULL).returncode == 0:
            return candidate
    pytest.skip("every interpreter lies where other users may not go")


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder whose parents every user may enter; those of `tmp_path` are private."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@as_root
def test_an_ordinary_user_runs_them(reachable: Path, user: StartUser) -> None:
    os.chown(reachable, 65534, 65534)
    other = user(reachable, *AS_NOBODY, interpreter=interpreter_for_all())
    psycopg.connect(other.addresses()[0]).close()
    server, *_ = processes(reachable)
    assert Path(f"/proc/{server}").stat().st_uid == 65534
    other.leave()


@as_root
def test_root_without_namespaces_runs_them_as_nobody(
    reachable: Path, tmp_path: Path, user: StartUser
) -> None:
    # The kernel makes no user namespace for whoever lives in a changed root.
    confined = f'mount --rbind / {tmp_path} && exec chroot {tmp_path} "$@"'
    first = user(reachable, "unshare", "--mount", "sh", "-c", confined, "sh")
    psycopg.connect(first.addresses()[0]).close()
    server, *_ = processes(reachable)
    assert Path(f"/proc/{server}").stat().st_uid == 65534
    first.leave()
    # The same data, once more with namespaces.
    with running(reachable) as services:
        psycopg.connect(services.database_url).close()
