"""Labelled texts of dates of birth."""

# ruff: noqa: E501, RUF001  tables of texts, some of them Chinese
from __future__ import annotations

import random

_MONTHS = ("January", "March", "May", "June", "August", "October", "November")


def _date(dice: random.Random) -> str:
    day, month, year = dice.randrange(1, 29), dice.randrange(1, 13), dice.randrange(1930, 2015)
    return dice.choice(
        (f"{day:02}/{month:02}/{year}", f"{year}-{month:02}-{day:02}", f"{day}.{month}.{year}", f"{day} {dice.choice(_MONTHS)} {year}", f"{dice.choice(_MONTHS)} {day}, {year}")
    )  # fmt: skip


def birth_date(dice: random.Random) -> tuple[str, str]:
    """A date after the name of its field."""
    names = ("DOB: {}", "Date of birth: {}", "date_of_birth={}", '"birthdate": "{}"', "My date of birth is {}.", "I was born on {}", "Geburtsdatum: {}", "Date de naissance : {}", "fecha de nacimiento: {}", "data di nascita {}", "| Birthday | {} |", "Data de nascimento: {}", "дата рождения: {}", "出生日期：{}", "geboortedatum {}")  # fmt: skip
    return dice.choice(names), _date(dice)


def not_birth_date(dice: random.Random) -> tuple[str, str]:
    """A date of something else."""
    names = ("released on {}", "Kepler was born on {}", "date: {}", "birth rate of 1986, {}", "updated {}", "due date {}", "place of birth: Bonn, {}", "dobro {}", "born {}", "the birthday party of {}", "Geburtsort: Bonn, {}")  # fmt: skip
    return dice.choice(names), _date(dice)
