"""The words of pages come from gettext catalogues, one file a language."""

import re

import polib
import pytest
from conftest import ROOT

from orgline.content.tree import Content
from orgline.text.errors import CannotRun
from orgline.text.translations import Translations

FILES = sorted((ROOT / "viz" / "words").glob("*.po"))


def catalogue(tmp_path, text):
    path = tmp_path / "de.po"
    path.write_text(text, encoding="utf-8")
    return Translations({"de": path}, lambda one: one.read_text(encoding="utf-8"), lambda one: one.name)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_catalogue_says_all_in_its_language(path):
    """Each file is a catalogue of the language it is named after, nothing in it unsaid or doubtful."""
    catalogue = polib.pofile(str(path))
    assert catalogue.metadata["Language"] == path.stem
    assert [entry.msgctxt for entry in catalogue.untranslated_entries() + catalogue.fuzzy_entries()] == []


def test_the_catalogues_have_the_same_words():
    """Both languages of the graph have every key, with the same numbered places to fill in."""
    words = Content.find(ROOT).words
    assert set(words["vi"]) == set(words["en"])
    for key, text in words["vi"].items():
        assert set(re.findall(r"\{\d\}", text)) == set(re.findall(r"\{\d\}", words["en"][key])), key


def test_what_is_doubtful_or_empty_is_no_word(tmp_path):
    """A message marked fuzzy or without a translation is not taken, so that another language says it."""
    said = 'msgctxt "a"\nmsgid "x"\nmsgstr "A"\n\n#, fuzzy\nmsgctxt "b"\nmsgid "y"\nmsgstr "B"\n\n'
    found = catalogue(tmp_path, 'msgid ""\nmsgstr ""\n\n' + said + 'msgctxt "c"\nmsgid "z"\nmsgstr ""\n')
    assert found["de"] == {"a": "A"}


@pytest.mark.parametrize(
    "text",
    [
        'msgid "open\n',
        'msgctxt "a"\nmsgid "x"\nmsgstr "open\n',
        'msgctxt "a"\nmsgid bare\nmsgstr "x"\n',
        'msgctxt "a"\nmsgid "x"\n',
        'msgctxt "a"\nmsgid "x"\nmsgctxt "b"\nmsgid "y"\nmsgstr "Y"\n',
        'msgctxt "a"\nmsgid "x"\nmsgstr "A" more\n',
        'msgstr "A"\n',
        '"A"\n',
        'word "A"\n',
        "README.md",
    ],
)
def test_a_broken_catalogue_is_told(tmp_path, text):
    """A file that is no catalogue is named, in one sentence."""
    with pytest.raises(CannotRun, match=r"^de\.po: is no gettext catalogue .*Correct it\.$"):
        catalogue(tmp_path, text)["de"]


def test_what_translators_tools_write_is_read(tmp_path):
    """Comments, texts of several lines, escapes and obsolete messages are read as gettext does."""
    text = r"""msgid ""
msgstr ""
"Language: de\n"

# note
#. for translators
#: page.html:3
msgctxt "a"
msgid "x"
msgstr ""
"one \"two\"\n"
"three"

#~ msgctxt "b"
#~ msgid "y"
#~ msgstr "gone"
"""
    assert catalogue(tmp_path, text)["de"] == {"a": 'one "two"\nthree'}


def test_a_language_is_read_when_it_is_used(tmp_path):
    """What nobody reads is not opened: a broken file of another language keeps nobody from an answer."""
    found = catalogue(tmp_path, "nonsense")
    assert list(found) == ["de"]
    assert "de" in found
