"""Tests of files as German banks and exchanges export them: their headers, their numbers, their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from daytrader.services.data_providers import csv_layouts
from daytrader.services.data_providers.csv import PriceFile, UnreadableFileError, read_bars_file
from daytrader.services.data_providers.csv_layouts import Field
from tests.services.data_providers.price_texts import assert_the_three_days, written

ARIVA = """Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen
2020-09-03;102,50;102,60;98,00;98,25;2.500.000;248.750.000
2020-09-02;101,50;103,00;101,00;102,75;1.100.000;112.200.000
2020-09-01;100,00;102,50;99,50;101,25;1.200.000;121.200.000
"""
BANK = """Kurse der Münchener Börse

Datum;Eröffnung;Hoch;Tief;Schluss;Umsatz (€);Stück
01.09.2020;100,00;102,50;99,50;101,25;121.200.000,00;1.200.000
02.09.2020;101,50;103,00;101,00;102,75;112.200.000,00;1.100.000
03.09.2020;102,50;102,60;98,00;98,25;248.750.000,00;2.500.000
"""


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(ARIVA, "iso-8859-1"), (BANK, "cp1252"), (BANK, "utf-8"), (BANK.replace(" (€)", ""), "iso-8859-1")],
    ids=["ariva", "windows", "utf-8", "latin-1"],
)
def test_a_banks_file_is_read(tmp_path: Path, text: str, encoding: str) -> None:
    """Volume is what was traded in shares, not what it came to."""
    bars = read_bars_file(written(tmp_path, text, "kurse.csv", encoding)).bars

    assert_the_three_days(bars)


@pytest.mark.parametrize(
    ("header", "volume"),
    [
        ("Datum;Eroeffnung;Tageshoch;Tagestief;Letzter;Umsatz", 5),
        ("Datum;Eröffn.;Hoch;Tief;Zuletzt;Volumen", 5),
        ("Datum;Eröffnungskurs;Höchst;Tiefst;Schlußkurs;Umsatz in Euro;Umsatz in Stück", 6),
        ("Datum;Eröffnung;Hoch;Tief;Schluss;Umsatz (€)", None),
    ],
)
def test_german_headers_are_known(header: str, volume: int | None) -> None:
    """Whatever they are called; a turnover in money is no volume."""
    columns = csv_layouts.columns_of(header.split(";"))

    assert [columns[field] for field in (Field.DATE, *csv_layouts.PRICES)] == [0, 1, 2, 3, 4]
    assert columns.get(Field.VOLUME) == volume


def test_bytes_that_are_no_letters_of_any_kind_are_refused(tmp_path: Path) -> None:
    """As what they are, though they could be read as some alphabet's."""
    path = tmp_path / "prices.csv"
    path.write_bytes(bytes(range(1, 256)) * 4)

    with pytest.raises(UnreadableFileError, match="is not a text file"):
        PriceFile(path)
