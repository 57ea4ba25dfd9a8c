"""Django and ninja on psycopg's pool; who is signed in is looked up for each request."""

import datetime as dt
import hashlib
import os
import uuid
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import django
from django.conf import settings
from django.db import models
from shape import COOKIE, HELLO, ROWS, files

address = urlsplit(os.environ["BENCH_DATABASE_URL"])
query = parse_qs(address.query)

settings.configure(
    DEBUG=False,
    SECRET_KEY="a secret of the benchmark, and of it alone",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="django_ninja",
    USE_TZ=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": address.path.strip("/"),
            "USER": address.username or "",
            "PASSWORD": unquote(address.password or ""),
            "HOST": query.get("host", [address.hostname or ""])[0],
            "PORT": query.get("port", [str(address.port or "")])[0],
            "OPTIONS": {"pool": True, "options": "-c search_path=video,auth"},
        }
    },
)
django.setup()

from ninja import NinjaAPI, Schema  # noqa: E402 - Django wants to be configured first
from ninja.security import APIKeyCookie  # noqa: E402


class Post(models.Model):
    """A post, without what the list does not need."""

    id = models.UUIDField(primary_key=True)
    title = models.TextField()
    address = models.TextField()
    language = models.TextField()

    class Meta:
        """The table is there."""

        app_label, db_table, managed = "bench", "post", False


class VideoRow(models.Model):
    """A video."""

    id = models.UUIDField(primary_key=True)
    organisation_id = models.UUIDField()
    post = models.ForeignKey(Post, models.CASCADE)
    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    folder = models.TextField()
    choices = models.JSONField()
    details = models.JSONField()

    class Meta:
        """The table is there."""

        app_label, db_table, managed = "bench", "video", False


class SessionRow(models.Model):
    """Who is signed in."""

    id = models.UUIDField(primary_key=True)
    token_hash = models.BinaryField()
    user_id = models.UUIDField()
    organisation_id = models.UUIDField()
    expires_at = models.DateTimeField()

    class Meta:
        """The table is there."""

        app_label, db_table, managed = "bench", "session", False


class Membership(models.Model):
    """Who belongs where."""

    id = models.UUIDField(primary_key=True)
    user_id = models.UUIDField()
    organisation_id = models.UUIDField()
    role = models.TextField()

    class Meta:
        """The table is there."""

        app_label, db_table, managed = "bench", "membership", False


class Hello(Schema):
    """A small answer."""

    hello: str
    number: int


class Chapter(Schema):
    """A part of a video."""

    title: str
    start: float


class Source(Schema):
    """Something shown that came from elsewhere."""

    kind: str
    address: str
    credit: str = ""
    licence: str = ""


class Video(Schema):
    """A video of the list."""

    id: uuid.UUID
    title: str
    address: str
    state: str
    stage: str
    done: int
    total: int
    reason: str
    mode: str
    captions: str
    format: str
    language: str
    created_at: dt.datetime
    duration: float | None
    width: int | None
    height: int | None
    size: int | None
    files: dict[str, str] | None
    chapters: list[Chapter]
    sources: list[Source]


class Page(Schema):
    """The list."""

    items: list[Video]
    next: str | None


class SignedIn(APIKeyCookie):
    """Looks up the session, and the membership that it needs."""

    param_name = COOKIE

    def authenticate(self, request: Any, key: str | None) -> uuid.UUID | None:
        """Return the visitor's organisation."""
        del request
        member = Membership.objects.filter(
            user_id=models.OuterRef("user_id"), organisation_id=models.OuterRef("organisation_id")
        )
        return (
            SessionRow.objects.filter(
                models.Exists(member),
                token_hash=hashlib.sha256((key or "").encode()).digest(),
                expires_at__gt=dt.datetime.now(dt.UTC),
            )
            .values_list("organisation_id", flat=True)
            .first()
        )


api = NinjaAPI(openapi_url=None)


def view(row: VideoRow) -> dict[str, Any]:
    """Return what is told of a row."""
    details = row.details
    return {
        "id": row.id,
        "title": row.post.title,
        "address": row.post.address,
        "state": "ready" if row.ready_at else "working",
        "stage": "",
        "done": 0,
        "total": 0,
        "reason": "",
        **{name: row.choices[name] for name in ("mode", "captions", "format")},
        "language": row.post.language,
        "created_at": row.created_at,
        **{name: details.get(name) for name in ("duration", "width", "height", "size")},
        "files": files(row.folder, row.post.title) if row.ready_at else None,
        "chapters": details.get("chapters", []),
        "sources": details.get("sources", []),
    }


@api.get("/hello", response=Hello)
def hello(request: Any) -> Any:
    """Answer with little."""
    del request
    return HELLO


@api.get("/mine", auth=SignedIn(), response=Page)
def mine(request: Any) -> Any:
    """List the videos of the visitor's organisation."""
    rows = VideoRow.objects.select_related("post").filter(organisation_id=request.auth)
    return {"items": [view(row) for row in rows.order_by("-id")[:ROWS]], "next": None}


from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("", api.urls)]
app = get_wsgi_application()
