"""Write data/gazetteer/former-names.csv: what each unit of before 1 July 2025 is today.

Run with vietnamadminunits and vietnam-provinces unpacked in the folder named, which orgline itself does not need:

    pip download --no-deps -d /tmp/vn vietnamadminunits==1.0.4 vietnam-provinces==2025.10.1
    (cd /tmp/vn && for one in *.whl; do unzip -qo $one; done)
    python bench/make_gazetteer.py /tmp/vn

The first says what became of each unit. The second lists today's units from another export of the same office: a
name of today that it does not have stops the writing. The source of a row, vietnamadminunits 1.0.4, is the default of
its column in ontology/tables/former-names.json.
"""

import argparse
import csv
import json
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from orgline.text.normalize import folded

OUT = Path(__file__).parent.parent / "data" / "gazetteer" / "former-names.csv"
DATE = "2025-07-01"
PROVINCES_BY = "202/2025/QH15"
DISTRICTS_BY = "203/2025/QH15"
COMMUNES_BY = (
    "An Giang|Cà Mau|Hà Nội|Cao Bằng|Bắc Ninh|Đà Nẵng|Đắk Lắk|Điện Biên|Đồng Nai|Đồng Tháp|Gia Lai|Hà Tĩnh|Hưng Yên|"
    "Khánh Hòa|Cần Thơ|Hải Phòng|Lai Châu|Lâm Đồng|Lạng Sơn|Lào Cai|Ninh Bình|Huế|Phú Thọ|Quảng Ngãi|Nghệ An|"
    "Quảng Ninh|Quảng Trị|Sơn La|Tây Ninh|Thái Nguyên|Tuyên Quang|Hồ Chí Minh|Thanh Hóa|Vĩnh Long"
)
BY = {name: f"{number}/NQ-UBTVQH15" for number, name in enumerate(COMMUNES_BY.split("|"), 1654)}
KINDS = {
    "Tỉnh": "province",
    "Thành phố": "city",
    "Thị xã": "town",
    "Quận": "urban-district",
    "Huyện": "district",
    "Phường": "ward",
    "Xã": "commune",
    "Thị trấn": "township",
}
COLUMNS = ("former", "kind", "within", "today", "today_within", "change", "date", "by")
OLD = (
    "SELECT province, district, coalesce(ward, ''), provinceKey, districtKey, coalesce(wardKey, '') "
    "FROM admin_units_legacy"
)
NEW = "SELECT ward, province, provinceShort, provinceKey, wardKey FROM admin_units"
Row = tuple[str, ...]


class Unit(NamedTuple):
    """A unit of before, in its district and province, and what it is today, within which province."""

    province: str
    district: str
    ward: str
    today: tuple[str, ...]
    within: str
    short: str


def parted(full: str) -> tuple[str, str]:
    """Return the name and the code of the kind of a unit: Yên Bái, province."""
    kind = next(kind_word for kind_word in KINDS if full.startswith(kind_word + " "))
    return full.removeprefix(kind + " "), KINDS[kind]


def spelled(full: str) -> str:
    """Return the name of a unit with its kind as printed elsewhere: some few say Thị Trấn for Thị trấn."""
    kind = next((kind_word for kind_word in KINDS if full.lower().startswith(kind_word.lower() + " ")), "")
    return kind + full[len(kind) :]


def successors(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Return the keys of today's units by the key of each former one."""
    tables = json.loads((folder / "vietnamadminunits" / "data" / "converter_2025.json").read_text(encoding="utf-8"))
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for province, wards in tables["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, formers in wards.items():
            for former in formers:
                found[former].append((province, ward))
    for province, formers in tables["DICT_PROVINCE_WARD_DIVIDED"].items():
        for former, wards in formers.items():
            found[former] += [(province, ward["newWardKey"]) for ward in wards]
    return found


def units(folder: Path) -> list[Unit]:
    """Return the lowest units of before, each with those of today."""
    with sqlite3.connect(folder / "vietnamadminunits" / "data" / "dataset.db") as base:
        old, new = base.execute(OLD).fetchall(), base.execute(NEW).fetchall()
    after = {(above, key): (ward, province, short) for ward, province, short, above, key in new}
    successor_keys = successors(folder)
    found = []
    for province, district, ward, *keys in old:
        today = [after[key] for key in successor_keys["_".join(keys)]]
        assert len({(within, short) for _, within, short in today}) == 1, (province, district, ward)
        names = tuple(spelled(name) for name, _, _ in today)
        found.append(Unit(spelled(province), spelled(district), spelled(ward), names, *today[0][1:]))
    return found


def change(former: str, today: tuple[str, ...], together: int) -> str:
    """Return the code of what happened to a unit, of which `together` went into today's."""
    if len(today) > 1:
        return "divided"
    if together > 1:
        return "merged"
    return "kept" if today == (former,) else "renamed"


def rows(before: list[Unit]) -> Iterator[Row]:
    """Yield the rows of provinces, then of districts, then of communes."""
    provinces = {unit.province: unit.within for unit in before}
    districts: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    together: dict[tuple[str, str], int] = defaultdict(int)
    for unit in before:
        districts[unit.province, unit.district] |= dict.fromkeys(unit.today, unit.within)
        for name in unit.today:
            together[name, unit.within] += 1
    for former, today in provinces.items():
        what = change(former, (today,), list(provinces.values()).count(today))
        yield (*parted(former), "", today, "", what, DATE, PROVINCES_BY)
    for (province, district), wards in districts.items():
        within = provinces[province]
        yield (*parted(district), province, "|".join(wards), within, "abolished", DATE, DISTRICTS_BY)
    for unit in before:
        if unit.ward:
            what = change(unit.ward, unit.today, together[unit.today[0], unit.within])
            above, today = f"{unit.district}, {unit.province}", "|".join(unit.today)
            yield (*parted(unit.ward), above, today, unit.within, what, DATE, BY[unit.short])


def unknown(folder: Path, found: list[Row]) -> set[tuple[str, str]]:
    """Return today's units that vietnam-provinces does not have, and those it has that no row leads to."""
    divisions = json.loads(
        (folder / "vietnam_provinces" / "data" / "nested-divisions.json").read_text(encoding="utf-8")
    )
    there = {(bare(province["name"]), bare(ward["name"])) for province in divisions for ward in province["wards"]}
    return there ^ {(bare(row[4]), bare(name)) for row in found if row[4] for name in row[3].split("|")}


def bare(name: str) -> str:
    """Return a name as compared: without accents and the word for a province."""
    return folded(name).removeprefix("tinh ").removeprefix("thanh pho ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the two packages unpacked")
    wheels = parser.parse_args().folder
    lines = list(rows(units(wheels)))
    if strange := unknown(wheels, lines):
        sys.exit(f"The two packages differ on {sorted(strange)}")
    OUT.parent.mkdir(exist_ok=True)
    with OUT.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *lines])
    print(len(lines), "rows,", OUT.stat().st_size, "bytes")
