"""The bodies of an invented register, level by level as arrays, and what all its parts share."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl

ID = "https://w3id.org/orgline/id/"
CODE = "https://w3id.org/orgline/code/"
LINE_TYPE, ROLE, KIND = CODE + "line-type/", CODE + "role/", CODE + "body-kind/"
SOURCE = ID + "source/invented-register"
REGISTER_DAY, FIRST_DAY = date(2025, 9, 1), date(2015, 9, 1)
GRASSROOTS, CELLS, POSTS = 50_000, 250_000, 900_000
MARK = "(bịa)"
Array = Any
NEVER = -1
# Roles of a body's seats, by its kind: the head first; what is not named is a member.
SEATS = {
    "party-central-committee": ("general-secretary", 1, 200),
    "provincial-party-committee": ("secretary", 3, 50),
    "party-committee": ("secretary", 2, 15),
    "inspection-committee": ("chairman", 1, 5),
    "grassroots-party-organization": ("secretary", 1, 5),
    "party-cell": ("secretary", 1, 2),
}


def edtf(days: Array) -> pl.Series:
    """Return ordinals as EDTF texts, NEVER as null."""
    epoch = date(1970, 1, 1).toordinal()
    series = pl.Series(np.where(days == NEVER, 0, days - epoch).astype(np.int32)).cast(pl.Date).cast(pl.String)
    return series.to_frame("day").select(pl.when(pl.Series(days != NEVER)).then("day")).to_series()


class Bodies:
    """The bodies level by level as arrays: what each is, what it is under, when it was founded and ended."""

    def __init__(self, units: pl.DataFrame, scale: float, rng: np.random.Generator) -> None:
        provinces = units.unique("province", keep="first", maintain_order=True)
        province_of = units["province"].rle_id().to_numpy().astype(np.int64)
        self.counts = {
            "central": 1,
            "province": provinces.height,
            "commune": units.height,
            "grassroots": round(GRASSROOTS * scale),
            "cell": round(CELLS * scale),
        }
        sizes = [*self.counts.values(), 1, provinces.height, units.height]
        self.first = np.concatenate(([0], np.cumsum(sizes)))
        self.kinds = np.repeat(
            np.array([*SEATS])[[0, 1, 2, 4, 5, 3, 3, 3]],
            sizes,
        )
        under = [
            np.array([NEVER]),
            np.zeros(provinces.height, dtype=np.int64),
            self.first[1] + province_of,
            self.first[2] + np.arange(self.counts["grassroots"]) % units.height,
            self.first[3] + np.arange(self.counts["cell"]) % self.counts["grassroots"],
            np.arange(1 + provinces.height + units.height),
        ]
        self.under = np.concatenate(under)
        # Of the inspection committees, those above in professional matters.
        inspections = self.first[5] + np.concatenate(([NEVER], np.zeros(provinces.height), 1 + province_of))
        self.professional = np.where(np.arange(len(inspections)) == 0, NEVER, inspections).astype(np.int64)
        self._name(units, provinces)
        self._live(rng)

    def level(self, name: str) -> Array:
        """Return the numbers of the bodies of a level."""
        place = [*self.counts].index(name)
        return np.arange(self.first[place], self.first[place + 1])

    def _name(self, units: pl.DataFrame, provinces: pl.DataFrame) -> None:
        numbers = {name: pl.Series(np.arange(1, self.counts[name] + 1)) for name in ("grassroots", "cell")}
        padded = {name: column.cast(pl.String).str.zfill(6) for name, column in numbers.items()}
        whole = pl.Series([""])
        slugs = [
            whole + "invented-central-committee",
            "invented-provincial-committee-" + provinces["province"],
            "invented-commune-committee-" + units["commune"],
            "invented-grassroots-" + padded["grassroots"],
            "invented-cell-" + padded["cell"],
            whole + "invented-inspection-committee",
            "invented-inspection-committee-" + provinces["province"],
            "invented-inspection-committee-" + units["commune"],
        ]
        labels = [
            whole + f"{MARK} Ban Chấp hành Trung ương",
            f"{MARK} Đảng ủy " + provinces["in_province"],
            f"{MARK} Đảng ủy " + units["name"],
            f"{MARK} Đảng bộ cơ sở " + padded["grassroots"],
            f"{MARK} Chi bộ " + padded["cell"],
            whole + f"{MARK} Ủy ban Kiểm tra Trung ương",
            f"{MARK} Ủy ban Kiểm tra " + provinces["in_province"],
            f"{MARK} Ủy ban Kiểm tra " + units["name"],
        ]
        self.slugs, self.labels = (pl.concat([part.rename("text") for part in parts]) for parts in (slugs, labels))
        at = [(1, provinces["province"]), (2, units["commune"])]
        territories = pl.concat([pl.Series(self.first[place] + np.arange(len(codes))) for place, codes in at])
        self.territories = pl.DataFrame(
            {"row": territories, "territory": pl.concat([f"{ID}place/" + codes.rename("code") for _, codes in at])}
        )

    def _live(self, rng: np.random.Generator) -> None:
        """Say when each body was founded, and when some ended: 5% and 3% of those at the bottom, within ten years."""
        size, begun, ended = len(self.under), FIRST_DAY.toordinal(), REGISTER_DAY.toordinal()
        self.founded = rng.integers(date(1990, 1, 1).toordinal(), begun - 400, size)
        self.dissolved = np.full(size, NEVER)
        for name in ("grassroots", "cell"):
            members = self.level(name)
            young = rng.choice(members, len(members) // 20, replace=False)
            self.founded[young] = rng.integers(begun, ended - 1500, len(young))
            self.founded[members] = np.maximum(self.founded[members], self.founded[self.under[members]])
            gone = rng.choice(members, len(members) * 3 // 100, replace=False)
            self.dissolved[gone] = rng.integers(ended - 900, ended - 30, len(gone))
        cells, above = self.level("cell"), self.under[self.level("cell")]
        with_above = (self.dissolved[above] != NEVER) & (
            (self.dissolved[cells] == NEVER) | (self.dissolved[cells] > self.dissolved[above])
        )
        self.dissolved[cells[with_above]] = self.dissolved[above[with_above]]

    def frame(self) -> pl.DataFrame:
        """Return the bodies as a table."""
        frame = pl.DataFrame(
            {
                "body": f"{ID}body/" + self.slugs,
                "label": self.labels,
                "kind": KIND + pl.Series(self.kinds.tolist()),
                "founded": edtf(self.founded),
                "dissolved": edtf(self.dissolved),
            }
        ).with_row_index("row")
        return frame.join(self.territories, on="row", how="left", maintain_order="left").drop("row")
