"""Who asks, and what there is to ask about."""

import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import requests

API = "/api/v1"
COOKIE = "gestral_session"
PASSWORD = "four words that rhyme never"
PARAGRAPH = "The moon pulls at the sea, and twice a day the water follows it up the beach. "
POST = f"<!doctype html><html lang=en><title>Tides</title><article><h1>Tides</h1><p>{PARAGRAPH * 9}"


@dataclass
class Person:
    """Somebody with an account; every one of their requests comes from another network."""

    address: str
    name: str
    me: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    _count: Any = field(default_factory=itertools.count)

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"

    def sign_up(self) -> "Person":
        body = {"email": self.email, "password": PASSWORD, "name": self.name}
        return self._entered("sign-up", body)

    def sign_in(self) -> "Person":
        return self._entered("sign-in", {"email": self.email, "password": PASSWORD})

    def _entered(self, way: str, body: dict[str, str]) -> "Person":
        answer = self.ask("POST", f"{API}/auth/{way}", json=body)
        self.me, self.token = answer.json(), answer.cookies[COOKIE]
        return self

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        answer = requests.request(
            method,
            self.address + path,
            headers=self.network(),
            cookies={COOKIE: self.token} if self.token else {},
            timeout=60,
            **more,
        )
        answer.raise_for_status()
        return answer

    def network(self) -> dict[str, str]:
        """Return the header that a proxy would add."""
        number = next(self._count)
        return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


@dataclass
class World:
    """A platform and those who are on it."""

    address: str
    post: str
    owner: Person
    viewer: Person
    _posts: Any = field(default_factory=itertools.count)

    @cached_property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = self.owner.ask("GET", f"{API}/schema/openapi.json").json()
        return found

    @property
    def message(self) -> str:
        """The id of a mail in the owner's mailbox; nothing before there is one."""
        found = self.owner.ask("GET", f"{API}/email/mailbox").json()["items"]
        return str(found[0]["id"]) if found else ""

    def new_video(self) -> str:
        """Order a video of another post, which nobody makes, and return its id."""
        post = POST.replace("Tides", f"Tides {next(self._posts)}")
        files = {"file": ("tides.html", post)}
        answer = self.owner.ask("POST", f"{API}/video/videos/file", files=files)
        return str(answer.json()["id"])

    def cancelled(self, video: str) -> str:
        """Have a video cancelled; who follows it then has not to wait."""
        self.owner.ask("POST", f"{API}/video/videos/{video}/cancel")
        return video

    @cached_property
    def finished_video(self) -> str:
        return self.cancelled(self.new_video())

    @cached_property
    def video(self) -> str:
        return self.new_video()

    @cached_property
    def known_message(self) -> str:
        return self.message
