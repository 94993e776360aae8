"""Rosters are read in the languages, encodings and dialects in which systems and spreadsheets write them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from course.grading.lms.export import export
from course.grading.lms.rosters import Roster, read_roster
from tests.lms.archives import archive
from tests.lms.test_export import enter
from tests.lms.trees import submitted
from tests.whole_class.classes import url

pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

# identifier, full name, id number, email address, status, grade, maximum grade, as Moodle 4.5 writes them
WORKSHEETS = {
    "de": ("ID", "Vollständiger Name", "ID-Nummer", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung"),
    "en": ("Identifier", "Full name", "ID number", "Email address", "Status", "Grade", "Maximum grade"),
    "es": (
        "Identificador",
        "Nombre completo",
        "Número de ID",
        "Dirección de correo",
        "Estado",
        "Calificación",
        "Calificación máxima",
    ),
    "fr": (
        "Identifiant",
        "Nom complet",
        "Numéro d’identification",
        "Adresse de courriel",
        "Statut",
        "Note",
        "Note maximale",
    ),
    "it": (
        "Identificativo",
        "Nome",
        "Codice identificativo",
        "Indirizzo email",
        "Stato",
        "Valutazione",
        "Valutazione massima",
    ),
    "nl": (
        "Identificatie",
        "Volledige naam",
        "Nummer (ID)",
        "E-mailadres",
        "Status",
        "Cijfer",
        "Maximaal cijfer",
    ),
    "pl": (
        "identyfikator",
        "Pełna nazwa",
        "Numer Indeksu",
        "E-mail",
        "Status",
        "Ocena",
        "Maksymalna ocena",
    ),
    "pt": (
        "Identificador",
        "Nome completo",
        "Número de identificação (ID)",
        "Endereço de e-mail",
        "Estado",
        "Avaliação",
        "Nota máxima",
    ),
    "pt_br": (
        "Identificador",
        "Nome completo",
        "Número de identificação",
        "Endereço de email",
        "Status",
        "Nota",
        "Nota máxima",
    ),
}
PARTICIPANT = {
    "de": "Teilnehmer/in",
    "en": "Participant ",
    "es": "Participante ",
    "fr": "Participant ",
    "it": "Partecipante ",
    "nl": "Deelnemer ",
    "pl": "Uczestnik ",
    "pt": "Participante ",
    "pt_br": "Participante ",
}
CANVAS = (
    '"Student";ID;"SIS User ID";"SIS Login ID";Section;"Small (77)"\r\n'
    ";;;;;\r\n"
    '"    Points Possible";;;;;"3,0"\r\n'
    '"Müller, Änne";1001;70001;amueller;A;\r\n'
    '"Li, Bo";1002;70002;bli;A;"1,5"\r\n'
)


def worksheet(language: str, delimiter: str = ",", maximum: str = "3,00") -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(WORKSHEETS[language])
    people = (("1001", "Änne Müller", "70001", "amueller@x.edu"), ("1002", "Bo Li", "70002", "bli@x.edu"))
    for number, *rest in people:
        writer.writerow([PARTICIPANT[language] + number, *rest, "-", "", maximum])
    return file.getvalue()


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Roster:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


def who(roster: Roster, system: str = "moodle") -> dict[str, tuple[str, str]]:
    return {key: (person.student, person.name) for key, person in roster.keys(system).items()}


BOTH = {"1001": ("70001", "Änne Müller"), "1002": ("70002", "Bo Li")}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("language", WORKSHEETS)
def test_moodles_worksheet_in_its_languages(tmp_path, language, delimiter) -> None:
    roster = read(tmp_path, worksheet(language, delimiter))
    assert who(roster) == BOTH
    assert [roster.column((name,)) for name in ("grade", "maximum grade")] == [5, 6]


def test_a_whole_worksheet_in_german() -> None:
    roster = read_roster(Path(__file__).with_name("worksheet-de.csv"))
    assert who(roster) == {
        "1001": ("70001", "Änne Müller"),
        "1002": ("70002", "Bo Li"),
        "1003": ("70003", "Cem Öz"),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("language", ["de", "en", "es", "it", "pt"])
def test_its_encodings(tmp_path, language, encoding) -> None:
    assert who(read(tmp_path, worksheet(language, ";"), encoding)) == BOTH


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_lines_that_end_as_on_old_macintoshes(tmp_path, encoding) -> None:
    assert who(read(tmp_path, "sep=;\r" + worksheet("de", ";").replace("\r\n", "\r"), encoding)) == BOTH


def test_a_column_that_nobody_has_anything_in(tmp_path) -> None:
    text = worksheet("fr").replace("70001", "").replace("70002", "")
    assert who(read(tmp_path, text))["1001"] == ("amueller@x.edu", "Änne Müller")


def test_the_encoding_of_polish_spreadsheets(tmp_path) -> None:
    text = worksheet("pl", ";").replace("Änne Müller", "Łucja Dąbrowska")
    assert who(read(tmp_path, text, "cp1250"))["1001"] == ("70001", "Łucja Dąbrowska")


def test_the_line_that_names_the_delimiter(tmp_path) -> None:
    assert who(read(tmp_path, "sep=;\r\n" + worksheet("de", ";"))) == BOTH


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_canvass_gradebook(tmp_path, delimiter, encoding) -> None:
    roster = read(tmp_path, _with(CANVAS, delimiter), encoding)
    assert who(roster, "canvas") == {
        "1001": ("amueller", "Müller, Änne"),
        "1002": ("bli", "Li, Bo"),
    }


def _with(text: str, delimiter: str) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(csv.reader(io.StringIO(text), delimiter=";"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nome;Cognome;Username\nÄnne;Müller;a\n", "Änne Müller"),  # a first name beside a last one
        ("Prénom;Nom;Nom d'utilisateur\nÄnne;Müller;a\n", "Änne Müller"),
        ("Vorname;Nachname;Anmeldename\nÄnne;Müller;a\n", "Änne Müller"),
        ("Nombre;Apellido(s);Nombre de usuario\nÄnne;Müller;a\n", "Änne Müller"),
        ("Nome;Username\nÄnne Müller;a\n", "Änne Müller"),
        ("student_id,name\na,Änne Müller\n", "Änne Müller"),
    ],
)
def test_lists_of_the_instructors_own(tmp_path, text, name) -> None:
    (person,) = read(tmp_path, text).people
    assert (person.student, person.name) == ("a", name)


def test_a_note_is_no_french_grade(tmp_path) -> None:
    assert read(tmp_path, "student_id,name,note\na,Ann,ill\n").column(("grade",)) is None


@pytest.mark.parametrize("system", ["moodle", "canvas"])
def test_collected_by_it(root, take, tmp_path, system) -> None:
    text = worksheet("de", ";") if system == "moodle" else CANVAS
    (tmp_path / "roster.csv").write_bytes(text.encode("latin-1"))
    names = {
        "moodle": ("Änne Müller_1001_assignsubmission_file/small.ipynb", "70001"),
        "canvas": ("mülleränne_1001_501_small.ipynb", "amueller"),
    }
    name, student = names[system]
    summary = take(system, archive(tmp_path / "a.zip", {name: b"{}"}), roster=tmp_path / "roster.csv")
    assert summary.collected == [student]
    assert submitted(root) == {f"{student}/small/small.ipynb": b"{}"}


@pytest.mark.slow
def test_a_german_worksheet_comes_back_filled_in(root, tmp_path) -> None:
    enter(url(root))
    text = worksheet("de", maximum="20,00").replace("70001", "11")
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    lines = export(root, "moodle", "small", roster=tmp_path / "roster.csv")
    rows = list(csv.reader(io.StringIO((root / "small-moodle.csv").read_text(encoding="utf-8"))))
    assert rows[0][:7] == list(WORKSHEETS["de"])
    assert rows[1][:7] == ["Teilnehmer/in1001", "Änne Müller", "11", "amueller@x.edu", "-", "3", "20,00"]
    assert any("Moodle's maximum grade is 20,00, the assignment's 3" in line for line in lines)
