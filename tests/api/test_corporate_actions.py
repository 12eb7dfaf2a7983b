"""Tests of the /corporate-actions resources over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask

from daytrader.api.schemas.corporate_action import CorporateActionSchema
from daytrader.models import AuditEntry, CorporateAction
from daytrader.models.enums import CorporateActionKind
from daytrader.services.session_manager import SessionManager

from ..conftest import World
from .conftest import Caller


@pytest.fixture
def kept_back(world: World) -> int:
    """A dividend of ACME's that waits for a person, beside a split that does not."""
    stock = world.stock("ACME")
    with SessionManager() as session:
        dividend = CorporateAction(
            stock_id=stock.id,
            ex_date=date(2024, 1, 3),
            kind=CorporateActionKind.DIVIDEND,
            amount=Decimal(4),
            source="csv",
            is_quarantined=True,
        )
        split = CorporateAction(
            stock_id=stock.id,
            ex_date=date(2024, 6, 3),
            kind=CorporateActionKind.SPLIT,
            ratio_numerator=2,
            source="csv",
        )
        session.add_all([dividend, split])
        session.flush()
        return dividend.id


def test_what_is_kept_back_is_listed(alice: Caller, kept_back: int) -> None:
    """By stock, kind, date and whether it waits; one by its number, as the list shows it."""
    items = alice.get("/corporate-actions", is_quarantined="true", symbol="acme").get_json()["items"]

    assert [(item["id"], item["amount"], item["kind"]) for item in items] == [(kept_back, 4, "DIVIDEND")]
    assert items[0] == alice.get(f"/corporate-actions/{kept_back}").get_json()
    assert items[0].keys() == CorporateActionSchema().dump_fields.keys()
    assert len(alice.get("/corporate-actions", start="2024-06-01").get_json()["items"]) == 1
    assert alice.get("/corporate-actions/99").status_code == 404


def test_an_admin_releases_it_once(admin: Caller, kept_back: int) -> None:
    """200 with the dividend; again is 409; both tries are in the audit log."""
    released = admin.post(f"/corporate-actions/{kept_back}/release")
    again = admin.post(f"/corporate-actions/{kept_back}/release")

    assert (released.status_code, released.get_json()["is_quarantined"]) == (200, False)
    assert again.status_code == 409
    with SessionManager(read_only=True) as session:
        entries = session.query(AuditEntry).order_by(AuditEntry.id).all()
    assert [(entry.action, entry.target, entry.result) for entry in entries] == [
        ("dividend.release", f"/corporate-actions/{kept_back}/release", "ok"),
        ("dividend.release", f"/corporate-actions/{kept_back}/release", "conflict"),
    ]


def test_a_running_engine_reads_its_bars_again(app: Flask, admin: Caller, alice: Caller, kept_back: int) -> None:
    """After what was released is stored; what was refused has changed nothing."""

    class Engine:
        def __init__(self) -> None:
            self.found: list[bool] = []

        def forget_bars(self) -> None:
            with SessionManager(read_only=True) as session:  # committed by now
                self.found.append(session.get_one(CorporateAction, kept_back).is_quarantined)

    engine = app.extensions["engine"] = Engine()
    alice.post(f"/corporate-actions/{kept_back}/release")
    assert engine.found == []

    admin.post(f"/corporate-actions/{kept_back}/release")
    admin.post(f"/corporate-actions/{kept_back}/release")

    assert engine.found == [False]


def test_others_may_not_release(alice: Caller, kept_back: int) -> None:
    """403, and it waits on."""
    assert alice.post(f"/corporate-actions/{kept_back}/release").status_code == 403
    assert alice.get(f"/corporate-actions/{kept_back}").get_json()["is_quarantined"] is True
