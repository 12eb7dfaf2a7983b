"""The ways out: which addresses there may be, and that nothing of them gets out elsewhere."""

from __future__ import annotations

import io
import logging
import socket
from typing import Any

import pytest

from daytrader.services.notifications import channels
from daytrader.services.notifications.channels import DeliveryError
from daytrader.utils.errors import BrokenRuleError, ConflictError
from tests.post_office import PostOffice

TELEGRAM = "tgram://123456789:AAcanary_hijklmnop-token/987654321"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIcanarydnlazkcOXrIdevi7FQ/#trades"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mailto://carol:canary@mail.example?from=bot@mail.example&to=carol@mail.example", "mail: carol@mail.example"),
        (TELEGRAM, "Telegram: 987654321"),
        (SLACK, "Slack: #trades"),
        ("discord://1234567890123/canary-token", "Discord: its channel"),
        ("jsons://hooks.example/canary?+X-Token=canary", "webhook: hooks.example"),
    ],
)
def test_what_is_shown_of_an_address_holds_no_secret(url: str, shown: str) -> None:
    """Its owner knows it again; whoever looks over the shoulder learns no more."""
    assert channels.shown(url) == shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("hello", "must begin with one of mailto://"),
        ("file:///etc/passwd", "must begin with"),
        ("syslog://", "must begin with"),
        ("apprise://localhost/token", "must begin with"),
        ("json://", "is not complete"),
        ("slack://short", "is not complete"),
        ("json://hooks.example/?template=/etc/passwd", "not supported"),
        ("jsons://hooks.example/?verify=no", "not supported"),
        ("mailto://a:b@mail.example?attach=/etc/passwd", "not supported"),
        (f"{TELEGRAM}?retry=10&wait=600", "not supported"),
        (f"{SLACK}?template=/etc/passwd", "not supported"),
        ("json://hooks.example/" + "x" * 1000, "at most 1000"),
        ("json://hooks.example/a b", "without spaces"),
        ("json://[hooks/", "not"),
    ],
)
def test_what_is_none_of_ours_is_refused(url: str, why: str) -> None:
    """Services that write to this machine, options that read its files, wait or leave certificates unchecked."""
    with pytest.raises(BrokenRuleError, match=why) as refused:
        channels.shown(url)
    assert "passwd" not in str(refused.value)


def test_a_webhook_is_sent_json(post_office: PostOffice) -> None:
    """With the headers that were asked for."""
    channels.send(f"json://{post_office.web}/hook?+X-Token=canary", "a title", "a\nbody", allows_private=True)
    assert (post_office.posts[-1]["title"], post_office.posts[-1]["message"]) == ("a title", "a\nbody")
    assert (post_office.paths[-1], post_office.headers[-1]["X-Token"]) == ("/hook", "canary")


def test_a_mail_arrives(post_office: PostOffice) -> None:
    """From and to whom the address says."""
    url = f"mailto://{post_office.smtp}?from=bot@mail.example&to=carol@mail.example&mode=insecure"
    channels.send(url, "a title", "a\nbody", allows_private=True)
    mail = post_office.mails[-1]
    assert (mail["Subject"], mail["To"]) == ("a title", "carol@mail.example")
    assert "bot@mail.example" in mail["From"]
    parts = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_maintype() == "text"]
    assert b"body" in parts[0]


def test_telegram_is_asked_in_its_own_form(post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """As api.telegram.org documents sendMessage."""
    channels.shown(TELEGRAM)
    monkeypatch.setattr("apprise.plugins.telegram.NotifyTelegram.notify_url", f"http://{post_office.web}/bot")
    channels.send(TELEGRAM, "a title", "a body", allows_private=False)
    assert post_office.paths[-1] == "/bot123456789:AAcanary_hijklmnop-token/sendMessage"
    assert str(post_office.posts[-1]["chat_id"]) == "987654321"
    assert "a body" in post_office.posts[-1]["text"]


@pytest.mark.parametrize("where", ["web", "localhost", "mail", "name"])
def test_private_addresses_are_refused(post_office: PostOffice, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number, by name, and by a name that somebody else's server resolves to one of this network."""
    port = post_office.web.rpartition(":")[2]
    url = {
        "web": f"json://{post_office.web}/hook",
        "localhost": f"json://localhost:{port}/hook",
        "mail": f"mailto://{post_office.smtp}?from=bot@mail.example&to=carol@mail.example&mode=insecure",
        "name": f"json://hooks.example:{port}/hook",
    }[where]
    if where == "name":
        look_up = socket.getaddrinfo

        def rebound(host: Any, *args: Any, **kwargs: Any) -> Any:
            return look_up("127.0.0.1" if host == "hooks.example" else host, *args, **kwargs)

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
    seen = len(post_office.paths), len(post_office.mails)
    with pytest.raises(DeliveryError, match="private network"):
        channels.send(url, "a title", "a body", allows_private=False)
    assert (len(post_office.paths), len(post_office.mails)) == seen


def test_nobody_is_sent_elsewhere(post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect is a refusal: it may lead anywhere."""
    monkeypatch.setattr(post_office, "status", 307)
    monkeypatch.setattr(post_office, "location", f"http://{post_office.web}/elsewhere")
    with pytest.raises(DeliveryError):
        channels.send(f"json://{post_office.web}/hook", "a title", "a body", allows_private=True)
    assert post_office.paths[-1] == "/hook"


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_failure_says_why_and_gives_nothing_away(
    post_office: PostOffice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    """Neither in the error nor in the log, in all its detail: apprise's own says whole addresses."""
    url = f"json://u:canary1@{post_office.web}/canary2?+X-Token=canary3"
    channels.shown(url)
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root, http = logging.getLogger(), logging.getLogger("urllib3")
    monkeypatch.setattr(http, "level", logging.INFO)  # as `logs.configure` has it, whatever is asked of ours
    monkeypatch.setattr(root, "level", logging.DEBUG)
    root.addHandler(handler)
    monkeypatch.setattr(post_office, "status", status)
    with pytest.raises(DeliveryError, match=str(status)) as failed:
        channels.send(url, "a", "b", allows_private=True)
    root.removeHandler(handler)
    assert "canary" not in str(failed.value) + log.getvalue() + "".join(capsys.readouterr())


def test_nobody_there_is_said(post_office: PostOffice) -> None:
    """Without a trace."""
    assert post_office.web
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(DeliveryError, match="onnection"):
        channels.send(f"json://127.0.0.1:{port}/hook", "a", "b", allows_private=True)


def test_without_apprise_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is optional."""
    channels._apprise.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    with pytest.raises(ConflictError, match=r"daytrader\[notify\]"):
        channels.shown(TELEGRAM)
    monkeypatch.undo()
    channels._apprise.cache_clear()
