"""Headings of rosters in the languages that Moodle writes them in, and what they mean in English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

# From Moodle's language packs, components assign, moodle and grades: de, es, fr, it, nl and pt of version 2.8
# to 4.5, pl of 4.0, pt_br of 3.11 (moodle: 2.0). The strings recordid; fullname, fullnameuser; firstname;
# lastname; email; username; idnumber; gradenoun, grade; maxgrade, in this order:
_WORKSHEETS = """
de: ID; Vollständiger Name; Vorname; Nachname; E-Mail-Adresse; Anmeldename; ID-Nummer; Bewertung; Bestwertung
es: Identificador; Nombre completo, Nombre completo del usuario; Nombre; Apellido(s); Dirección de correo;
    Nombre de usuario; Número de ID; Calificación; Calificación máxima
fr: Identifiant; Nom complet, Nom complet de l'utilisateur; Prénom; Nom de famille, Nom; Adresse de courriel;
    Nom d'utilisateur; Numéro d'identification; Note; Note maximale
it: Identificativo; Nome, Nome completo dell'utente; Nome; Cognome; Indirizzo email; Username;
    Codice identificativo; Valutazione; Valutazione massima
nl: Identificatie; Volledige naam, Volledige naam van de gebruiker; Voornaam; Achternaam; E-mailadres;
    Gebruikersnaam; Nummer (ID); Cijfer, Beoordeling; Maximaal cijfer
pl: Identyfikator; Pełna nazwa; Imię; Nazwisko; E-mail, Adres e-mail; Nazwa użytkownika;
    Numer Indeksu, Numer ID; Ocena; Maksymalna ocena
pt: Identificador, Número de identificação; Nome completo, Nome completo do utilizador; Nome; Apelido;
    Endereço de e-mail, E-mail; Nome de utilizador; Número de identificação (ID), Código de identificação;
    Avaliação, Nota; Nota máxima
pt_br: Identificador; Nome completo; Nome; Sobrenome; Endereço de email; Nome de usuário;
    Número de identificação; Nota; Nota máxima
"""
_ENGLISH = (
    "identifier",
    "full name",
    "first name",
    "last name",
    "email address",
    "username",
    "id number",
    "grade",
    "maximum grade",
)
GRADES = {"grade", "maximum grade"}
_PARTICIPANT = re.compile(
    r"(?:participante?|teilnehmer/in|partecipante|deelnemer|uczestnik)\s*\d+", re.IGNORECASE
)
"""a cell that identifies a student in one assignment: Moodle's string hiddenuser, and a number"""


def plain(heading: str) -> str:
    """Return a heading in lower case and composed letters, with one kind of apostrophe and blank."""
    return " ".join(unicodedata.normalize("NFC", heading).replace("’", "'").lower().split())


def _languages() -> list[dict[str, set[str]]]:
    """Return for each language what its headings mean: a heading may mean several."""
    languages = []
    for language in re.split(r"\n(?=\w+: )", _WORKSHEETS.strip()):
        meanings: dict[str, set[str]] = {}
        columns = " ".join(language.partition(":")[2].split()).split(";")
        for english, headings in zip(_ENGLISH, columns, strict=True):
            for heading in headings.split(","):
                meanings.setdefault(plain(heading), set()).add(english)
        languages.append(meanings)
    return languages


LANGUAGES = _languages()


def in_english(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the headings of a table as Moodle has them in English, in lower case; unknown ones stay.

    The language is the one in which most of them are known. `rows` tell numbers of participants, which
    are valid for one assignment, from ids: in German both may be headed ID.
    """
    lower = [plain(heading) for heading in headings]
    language = max(LANGUAGES, key=lambda meanings: _known(lower, meanings))
    if not _known(lower, language):
        return tuple(lower)
    meant = [language.get(heading, {heading}) for heading in lower]
    # Italian has one word for a full name, and for a first name beside a last one
    other_name = "full name" if {"last name"} in meant else "first name"
    names = []
    for column, english in enumerate(meant):
        cells = [row[column].strip() for row in rows if column < len(row) and row[column].strip()]
        if cells and all(map(_PARTICIPANT.fullmatch, cells)):
            names.append("identifier")
        elif lower[column] == "id":
            names.append("id")
        else:
            names.append(next(iter(english - {other_name} or english)))
    return tuple(names)


def known(headings: Sequence[str]) -> int:
    """Return how many headings are known in the language in which most are."""
    lower = [plain(heading) for heading in headings]
    return max(_known(lower, meanings) for meanings in LANGUAGES)


def _known(lower: Sequence[str], meanings: Mapping[str, set[str]]) -> int:
    """Return how many headings say in a language who somebody is; a note is not always a French grade."""
    return sum(not meanings.get(heading, GRADES) <= GRADES for heading in lower)
