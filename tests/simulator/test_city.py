"""The demo city: the same every time, of any size, and fit to be read by contract 2."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from konbinid.domain import checkdigit
from konbinid.domain.dates import PartialDate, age_on
from konbinid.intake import layout
from konbinid.intake.attachments import read_bmp, size_defect
from konbinid.intake.records import Reader
from konbinid.simulator import addresses, gaiji, names, news, numbers
from konbinid.simulator.city import City, write_city, write_gaiji, write_new_gaiji
from konbinid.simulator.feeds import FeedWriter, feed_file_name, write_difference, write_full
from konbinid.simulator.household import Impression
from konbinid.simulator.personas import persona, stage_for
from konbinid.simulator.rows import ResidentRow
from konbinid.simulator.seals import SealCutter, find_font

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
TODAY = dt.date(2026, 11, 23)
STAMP = dt.datetime(2026, 11, 23, 6, 0, 0)  # noqa: DTZ001 - the stamp of a file name has no offset
DAYS = st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2040, 12, 31))


@pytest.fixture(scope="module")
def households():
    """A city large enough to hold some of everything."""
    return list(City(6000, 7, TODAY).households())


@pytest.fixture(scope="module")
def residents(households):
    return [row for household in households for row in household.residents]


@pytest.fixture(scope="module")
def ipamj():
    with TTFont(_font(), lazy=True) as opened:
        selectors = next(table for table in opened["cmap"].tables if table.format == 14).uvsDict
        pairs = {(base, selector) for selector, found in selectors.items() for base, _ in found}
        return frozenset(opened.getBestCmap()), frozenset(pairs)


def _font():
    font = find_font({})
    if font is None:
        pytest.skip("IPAmj Mincho is not installed")
    return font


def _rows(folder, feed):
    path = next(folder.glob(f"{feed}_*.csv"))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _missing(text, ipamj):
    """The characters and sequences of a text that the font has not; 外字 are looked up in the demo's own font."""
    code_points, sequences = ipamj
    own = {character for character, *_ in gaiji.CHARACTERS}
    missing = []
    for nth, character in enumerate(text):
        following = text[nth + 1 : nth + 2]
        if 0xE0100 <= ord(character) <= 0xE01EF or character in own or character == "　":
            continue
        if following and 0xE0100 <= ord(following) <= 0xE01EF:
            if (ord(character), ord(following)) not in sequences:
                missing.append(character + following)
        elif ord(character) not in code_points:
            missing.append(character)
    return missing


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    """A demo that differs from run to run cannot be talked about, nor a failure in it be repeated."""
    sums = []
    for run in ("first", "second"):
        write_city(tmp_path / run, City(400, 3, TODAY), STAMP, cutter=SealCutter(None))
        files = sorted(path for path in (tmp_path / run).rglob("*") if path.is_file())
        sums.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
    assert sums[0] == sums[1]


def test_another_seed_makes_another_city_with_the_same_demo_people():
    """The cards of the demo work in every city."""
    one, other = (list(City(400, seed, TODAY).households()) for seed in (1, 2))
    fixed = len(stage_for(TODAY).households)
    assert [h.residents for h in one[:fixed]] == [h.residents for h in other[:fixed]]
    assert [h.residents for h in one[fixed:]] != [h.residents for h in other[fixed:]]


@pytest.mark.parametrize("people", [150, 3000])
def test_several_processes_draw_the_same_city(people):
    """A large city is drawn by all processors: nobody else lives in it, and nobody moves house, on a machine with more of them."""
    one, several = (City(people, 5, TODAY).households(processes) for processes in (1, 3))
    for household, same in zip(one, several, strict=True):
        assert (household.index, household.residents) == (same.index, same.residents)
        assert (household.credentials, household.holds) == (same.credentials, same.holds)
        assert (household.seals, household.home) == (same.seals, same.home)


@pytest.mark.parametrize("people", [500, 501, 515, 1999])
def test_a_city_has_exactly_the_people_that_were_asked_for(people):
    """The size on the command line is the size in the file."""
    assert sum(len(household.residents) for household in City(people, 1, TODAY).households()) == people


def test_a_city_too_small_for_the_demo_people_says_so():
    """The least size is named instead of cards being dropped."""
    with pytest.raises(ValueError, match=r"at least 1[0-9]{2} people"):
        next(City(10, 1, TODAY).households())


def test_numbers_are_unique_and_their_check_digits_hold(residents):
    """A bad check digit or a doubled number is a bad row and would stop the whole file."""
    assert all(checkdigit.individual_number_is_valid(row.individual_number) for row in residents)
    assert all(checkdigit.resident_code_is_valid(row.resident_code) for row in residents)
    for column in ("atena_number", "individual_number", "resident_code"):
        assert len({getattr(row, column) for row in residents}) == len(residents)
    assert checkdigit.municipality_code_is_valid(addresses.MUNICIPALITY)


@given(st.lists(st.integers(0, 4_000_000 * 64), unique=True, min_size=2, max_size=20))
def test_different_people_never_share_a_number(ordinals):
    """The permutations are one to one over a city of any size (I-03: no number overwrites another)."""
    for number in (
        numbers.atena_number,
        numbers.individual_number,
        numbers.resident_code,
        numbers.seal_registration_number,
    ):
        assert len({number(ordinal) for ordinal in ordinals}) == len(ordinals)
    serials = {numbers.serial_number(ordinal, which) for ordinal in ordinals for which in range(4)}
    assert len(serials) == 4 * len(ordinals)


def test_certificates_and_seals_belong_to_one_person_each(households):
    """One serial never belongs to two residents, and nobody has two registered seals (contract 2)."""
    serials = Counter(
        (row.kind, row.serial.lstrip("0")) for household in households for row in household.credentials
    )
    assert set(serials.values()) == {1}
    registered = Counter(
        seal.row.atena_number for household in households for seal in household.seals if seal.row.state == "1"
    )
    assert set(registered.values()) == {1}
    holds = [(row.business_code, row.hold_number) for household in households for row in household.holds]
    assert len(set(holds)) == len(holds)


def test_every_household_has_one_householder_but_the_one_made_to_have_two(residents):
    """Two householders hold a household: that must happen to the demo's own and to nobody else."""
    heads = Counter()
    living = set()
    for row in residents:
        if row.state == "1":
            living.add(row.household_number)
            heads[row.household_number] += row.relationship == "世帯主"
    wrong = {number for number in living if heads[number] != 1}
    disagreeing = {
        row.household_number for row in residents if row.name == "原　隆" and row.relationship == "世帯主"
    }
    assert wrong <= disagreeing
    assert len(wrong) == 1


def test_every_date_exists_and_lies_before_today(residents):
    """A date that does not exist is a bad row."""
    past = ("birth_date", "resident_since", "address_since", "notified_on", "last_changed_on")
    for row in residents:
        for column in past:
            assert PartialDate.parse(getattr(row, column)).year <= TODAY.year, column
            assert getattr(row, column) <= f"{TODAY:%Y%m%d}", column
        if row.stay_expires_on:
            assert PartialDate.parse(row.stay_expires_on).latest() >= TODAY


def test_foreigners_carry_what_the_law_gives_their_class(residents):
    """特別永住者 and 経過滞在者 have no 在留資格; who has one also has a card (certificates.md)."""
    foreign = [row for row in residents if row.resident_class == "2"]
    assert {row.article_30_45 for row in foreign} >= {
        "中長期在留者",
        "特別永住者",
        "国籍喪失による経過滞在者",
    }
    for row in foreign:
        assert bool(row.residence_status) == (row.article_30_45 == "中長期在留者")
        assert bool(row.period_of_stay) == bool(row.residence_status)
        assert not row.domicile
        assert not row.head_of_register
        assert row.kana_registered == "0"
    assert all(row.nationality == "" and row.domicile for row in residents if row.resident_class == "1")


def test_some_of_everything_lives_in_a_city_of_six_thousand(households, residents):
    """What the rules are about must occur outside the demo cards too."""
    assert {row.state for row in residents} == {"1", "2", "3", "4", "5"}
    assert {row.category for household in households for row in household.holds} == {
        "01",
        "02",
        "03",
        "04",
        "99",
    }
    assert {row.kind for household in households for row in household.credentials} == {"1", "2"}
    assert {seal.row.name_kind for household in households for seal in household.seals} == {
        "1",
        "2",
        "3",
        "4",
    }
    assert {seal.row.state for household in households for seal in household.seals} == {"1", "2", "3"}
    sizes = Counter(row.household_number for row in residents)
    assert set(range(1, 8)) <= set(sizes.values())
    assert 2.0 < len(residents) / len(sizes) < 2.5
    text = "".join(row.name for row in residents)
    assert any(0xE000 <= ord(character) <= 0xF8FF for character in text)
    assert any(ord(character) >= 0xE0100 for character in text)
    assert any(0x20000 <= ord(character) < 0x30000 for character in text)


@settings(max_examples=60)
@given(DAYS)
def test_the_twins_are_fourteen_and_fifteen_on_any_day(today):
    """The age at the limit is right on leap days and at the end of months too."""
    ages = {}
    stage = stage_for(today)
    births = {row.name: row.birth_date for household in stage.households for row in household.residents}
    for one in stage.personas:
        if one.card in {20, 21}:
            ages[one.card] = age_on(PartialDate.parse(births[one.name]), today)
            tomorrow = today + dt.timedelta(days=1)
            # Nobody completes 15 years on a 29 February: in the year of birth there was none.
            completes = (
                tomorrow if (tomorrow.month, tomorrow.day) != (2, 29) else tomorrow + dt.timedelta(days=1)
            )
            assert age_on(PartialDate.parse(births[one.name]), completes) == 15
    assert ages == {20: 14, 21: 15}


@settings(max_examples=60)
@given(DAYS)
def test_the_demo_people_are_the_same_on_any_day(today):
    """Card numbers, serials and 宛名番号 do not move with the date."""
    stage = stage_for(today)
    assert [one.card for one in stage.personas] == list(range(1, 51))
    reference = stage_for(TODAY)
    assert stage.personas == reference.personas
    assert [row.atena_number for h in stage.households for row in h.residents] == [
        row.atena_number for h in reference.households for row in h.residents
    ]
    expired = next(row for h in stage.households for row in h.credentials if row.serial.endswith("001f"))
    assert expired.expires_on < f"{today:%Y%m%d}"


def test_an_unknown_card_names_those_that_there_are():
    """A wrong card number on the command line gets an answer that helps."""
    assert persona(TODAY, 1).serial == "4B4F4E420001"
    with pytest.raises(KeyError, match="1 to 50"):
        persona(TODAY, 99)


def test_lengths_that_the_demo_promises():
    """Forty characters of name and sixty of address are what the fitting rules are shown with."""
    rows = {row.name: row for h in stage_for(TODAY).households for row in h.residents}
    assert max(len(name) for name, row in rows.items() if row.resident_class == "1") == 40
    assert max(len(f"{row.address}　{row.address_supplement}") for row in rows.values()) == 60
    assert max(len(name) for name in rows) == 98
    sizes = Counter(row.household_number for row in rows.values())
    assert {4, 5, 13, 24, 41} <= set(sizes.values())


def test_every_text_is_in_the_font_but_those_made_to_miss(ipamj):
    """A name that cannot be printed would refuse people whom the demo calls ordinary."""
    for text in (*names.all_name_texts(), *addresses.all_texts()):
        assert _missing(text, ipamj) == []
    missing = defaultdict(list)
    for one in stage_for(TODAY).personas:
        if found := _missing(one.name, ipamj):
            missing[one.card] = found
    assert dict(missing) == {16: ["𰻞"], 17: ["葛\U000e0100"]}


def test_the_gaiji_font_is_reproducible_and_its_index_true(tmp_path):
    """字形ハッシュ is the hash of the record that the font really has; every 外字 in a name is in the font."""
    font = gaiji.gaiji_font()
    assert font == gaiji.gaiji_font()
    rows = gaiji.gaiji_rows(font, "1")
    with TTFont(io.BytesIO(font)) as opened:
        covered = opened.getBestCmap()
        assert {row.code_point for row in rows} == {f"U+{code:04X}" for code in covered}
        assert all(opened["glyf"][name].numberOfContours >= 8 for name in covered.values())
    assert len({row.glyph_sha256 for row in rows}) == len(rows) == 8
    used = {c for text in names.all_name_texts() for c in text if 0xE000 <= ord(c) <= 0xF8FF}
    assert {ord(character) for character in used} <= set(covered)


def test_later_gaiji_versions_add_and_change_nothing(tmp_path):
    """Each has one character more; the shapes of all others stay, so that no 再定義可 is needed."""
    rows = {further: gaiji.gaiji_rows(gaiji.gaiji_font(further), "1", further) for further in (0, 1, 16)}
    assert rows[16][:9] == rows[1]
    assert rows[1][:8] == rows[0]
    assert len({row.glyph_sha256 for row in rows[16]}) == 24
    path = write_new_gaiji(tmp_path, STAMP, 2, seq=3)
    assert path.name == "GAIJI_20261123060000_000003_D.csv"
    assert [line.split(",")[1] for line in path.read_text().splitlines()] == ['"U+E008"', '"U+E009"']


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.sampled_from("山田一二葛󠄂𠮷\ue000ナ"), min_size=1, max_size=9),
    st.sampled_from(["round", "square", "oval"]),
    st.integers(85, 250),
    st.sampled_from([300, 400, 600]),
)
def test_a_seal_is_a_one_bit_picture_of_the_size_it_says(characters, outline, tenths, dpi):
    """A seal is printed at its true size (0.1 mm): pixels must follow from millimetres and dpi, and ink must be there."""
    data = SealCutter(None).cut(Impression(characters, outline, tenths, dpi))
    picture = Image.open(io.BytesIO(data))
    assert (picture.format, picture.mode) == ("BMP", "1")
    assert abs(picture.height / dpi * 25.4 - tenths / 10) <= 25.4 / dpi
    assert 0.02 < picture.histogram()[0] / (picture.width * picture.height) < 0.7


def test_seals_are_over_eight_millimetres_but_for_the_one_made_too_small(households):
    """Only card 29 meets the size rule of INKAN; a seal that fails it closes the person's inkan."""
    small = []
    for seal in (seal for household in households for seal in household.seals):
        height = round(seal.impression.tenths / 254 * seal.impression.dpi)
        width = height * 3 // 4 if seal.impression.outline == "oval" else height
        if width / seal.impression.dpi * 25.4 <= 8 or height / seal.impression.dpi * 25.4 > 25:
            small.append(seal)
    assert [seal.row.atena_number for seal in small] == [
        row.atena_number
        for h in stage_for(TODAY).households
        for row in h.residents
        if row.name == "千葉　恵美"
    ]


def test_a_file_is_complete_only_with_its_marker(tmp_path):
    """The marker says how many rows and which bytes; half a file has none (contract 2)."""
    row = ("1", 'a "quoted" name', "a, b", "𠮷葛\U000e0102", "")
    path = write_full(tmp_path, "JUMIN", 1, [row, row], STAMP)
    assert path.name == "JUMIN_20261123060000_000001_F.csv"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.with_name(f"{path.name}.end").read_text() == f"rows=2 sha256={digest}\n"
    assert _rows(tmp_path, "JUMIN") == [list(row), list(row)]
    torn = FeedWriter(tmp_path, "JPKI", 1, STAMP)
    with pytest.raises(csv.Error), torn:
        torn.write(None)
    assert not list(tmp_path.glob("JPKI*.end"))


def test_a_file_that_is_there_is_never_written_again(tmp_path):
    """What changes after `.end` fails its hash: the simulator refuses to do it by accident."""
    write_difference(tmp_path, "YOKUSHI", 2, [], STAMP)
    assert (tmp_path / "YOKUSHI_20261123060000_000002_D.csv.end").read_text().startswith("rows=0 ")
    with pytest.raises(FileExistsError):
        write_difference(tmp_path, "YOKUSHI", 2, [], STAMP)


@pytest.mark.parametrize("seq", [0, 1_000_000])
def test_a_sequence_number_has_six_digits(seq):
    """Outside 1 to 999999 there is no such file name."""
    with pytest.raises(ValueError, match="between 1 and 999999"):
        feed_file_name("JUMIN", STAMP, seq, "F")


@pytest.mark.parametrize("name", ["../x.bmp", ".hidden", "a b.bmp", "", "印.bmp"])
def test_an_attachment_has_a_plain_name(tmp_path, name):
    """Names with a path never leave the simulator (contract 2: plain names)."""
    with pytest.raises(ValueError, match="attachment"):
        write_full(tmp_path, "INKAN", 1, [], STAMP, attachments={name: b""})


def test_the_city_writes_every_feed_with_what_its_rows_name(tmp_path):
    """Column counts of contract 2, and a picture for every seal's row."""
    cutter, font = SealCutter(None), _font()
    written = write_city(
        tmp_path, City(300, 1, TODAY), STAMP, cutter=cutter, seals=25, register_font=font, registers=9
    )
    write_gaiji(tmp_path, STAMP)
    widths = {"JUMIN": 38, "JPKI": 7, "YOKUSHI": 12, "INKAN": 9, "KOSEKI": 12, "FUHYO": 12, "GAIJI": 6}
    for feed, width in widths.items():
        rows = _rows(tmp_path, feed)
        assert {len(row) for row in rows} == {width}
        assert len(list(tmp_path.glob(f"{feed}_*.end"))) == 1
    assert len(ResidentRow._fields) == 38
    assert (written.residents, written.seals) == (300, 25)
    folder = tmp_path / "INKAN_20261123060000_000001_F"
    assert {row[6] for row in _rows(tmp_path, "INKAN")} == {path.name for path in folder.iterdir()}
    assert (tmp_path / "GAIJI_20261123060000_000001_F" / "EUDC.TTE").is_file()


def test_without_a_cutter_nobody_has_a_seal(tmp_path):
    """For load tests of millions: the seal feed is there and empty."""
    assert write_city(tmp_path, City(300, 1, TODAY), STAMP, cutter=None).seals == 0
    assert _rows(tmp_path, "INKAN") == []


def _bad_rows(path, feed):
    """What the daemon's own reader says against a file: (rows, bad rows)."""
    reader = Reader(layout.load(LAYOUTS / f"{feed.lower()}.toml"), full=path.stem.endswith("F"))
    good = sum(len(block.lines) for block in reader.feed(path.read_bytes()))
    good += sum(len(block.lines) for block in reader.finish())
    return good, reader.problems.bad_rows


def test_the_daemon_finds_no_fault_in_the_files(tmp_path):
    """The city's layouts read every row, and every picture is a seal; only card 29's has a wrong size."""
    city = City(2500, 7, TODAY)
    written = write_city(tmp_path, city, STAMP, cutter=SealCutter(None), register_font=find_font({}))
    for feed, rows in zip(
        ("JUMIN", "JPKI", "YOKUSHI", "INKAN", "ZEI", "KOSEKI", "FUHYO"), written, strict=True
    ):
        path = next(path for path in tmp_path.glob(f"{feed}_*") if path.suffix in {".csv", ".dat"})
        assert _bad_rows(path, feed) == (rows, 0)
    folder = next(path for path in tmp_path.glob("INKAN_*") if path.is_dir())
    defects = []
    for row in _rows(tmp_path, "INKAN"):
        picture = read_bmp((folder / row[6]).read_bytes(), 128)
        if size_defect(picture.width, picture.height, int(row[7])):
            defects.append(row[1])
    assert len(defects) == 1


def test_news_is_read_as_a_difference_file(tmp_path):
    """Every kind of news that a drill can send is a good row of its feed."""
    household = stage_for(TODAY).households[0]
    father, mother, son, daughter = household.residents
    hold = news.support_measure(household, mother, TODAY)
    feeds = {
        "JUMIN": [
            news.leaving(father, TODAY),
            news.moved_out(father, TODAY),
            news.renamed(mother, "中嶋　由美子", "ナカジマ　ユミコ", TODAY),
            news.died(son, TODAY),
            news.removed(daughter),
        ],
        "YOKUSHI": [hold, news.hold_lifted(hold)],
        "INKAN": [
            news.seal_suspended(household.seals[0].row),
            news.seal_cancelled(household.seals[1].row, TODAY),
        ],
        "JPKI": [news.certificate_revoked(household.credentials[0])],
    }
    for feed, rows in feeds.items():
        path = write_difference(tmp_path, feed, 2, rows, STAMP)
        assert path.name.endswith("_000002_D.csv")
        assert _bad_rows(path, feed) == (len(rows), 0)
