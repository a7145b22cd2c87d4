"""The schematic map of districts: tiles that each belong to the nearest commune, dissolved by district.

No package has the boundaries of 2021. What there is, the middle and the bounding box of each commune,
gives a picture in which districts lie where they lie and touch whom they touch, and no more: a "sơ đồ".
"""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence

PER_DEGREE = 80  # tiles of about 1.4 km
NEARNESS = 0.75  # how far a commune reaches, in half its bounding box
NARROW = 5  # tiles to either side within which a gap is closed

Box = tuple[float, float, float, float]
Commune = tuple[str, float, float, Box]
Tile = tuple[int, int]
# Where the name stands: by hand, so that names of neighbours do not lie upon each other.
LABELS = {
    "731": (10.935, 106.865),
    "732": (10.935, 107.245),
    "734": (11.355, 107.455),
    "735": (11.280, 107.050),
    "736": (11.200, 107.330),
    "737": (10.965, 107.030),
    "738": (11.030, 107.150),
    "739": (10.795, 107.245),
    "740": (10.780, 107.005),
    "741": (10.920, 107.440),
    "742": (10.690, 106.890),
}


def drawn(communes: Sequence[Commune]) -> str:
    """GeoJSON (RFC 7946) with a polygon a district: code, where its label stands, ``schematic``."""
    owners = _whole(_owners(communes))
    districts: dict[str, set[Tile]] = defaultdict(set)
    for tile, district in owners.items():
        districts[district].add(tile)
    features = [_feature(code, districts[code]) for code in sorted(districts)]
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'


def _owners(communes: Sequence[Commune]) -> dict[Tile, str]:
    south, west = (min(commune[3][side] for commune in communes) for side in (0, 1))
    north, east = (max(commune[3][side] for commune in communes) for side in (2, 3))
    nearest = {
        (row, column): min((_distance(row, column, commune), commune[0]) for commune in communes)
        for row in range(int(south * PER_DEGREE), int(north * PER_DEGREE) + 1)
        for column in range(int(west * PER_DEGREE), int(east * PER_DEGREE) + 1)
    }
    within = {tile for tile, (distance, _) in nearest.items() if distance <= NEARNESS}
    return {tile: owner for tile, (_, owner) in nearest.items() if tile in within or _gap(tile, within)}


def _gap(tile: Tile, within: set[Tile]) -> bool:
    """Whether the province lies on two opposite sides of it, close by."""
    row, column = tile
    sides = (
        any((row + up * far, column + right * far) in within for far in range(1, NARROW + 1))
        for up, right in ((1, 0), (-1, 0), (0, 1), (0, -1))
    )
    north, south, east, west = sides
    return (north and south) or (east and west)


def _distance(row: int, column: int, commune: Commune) -> float:
    """From the middle of a tile to that of the commune's box, in halves of the box."""
    south, west, north, east = commune[3]
    latitude, longitude = (row + 0.5) / PER_DEGREE, (column + 0.5) / PER_DEGREE
    high = (latitude - (south + north) / 2) / max((north - south) / 2, 0.5 / PER_DEGREE)
    wide = (longitude - (west + east) / 2) / max((east - west) / 2, 0.5 / PER_DEGREE)
    return float((high * high + wide * wide) ** 0.5) * 0.75


def _whole(owners: dict[Tile, str]) -> dict[Tile, str]:
    """Each district in one piece: what is cut off goes to the neighbours."""
    for _ in range(20):
        strays = _strays(owners)
        if not strays:
            return owners
        for tile in strays:
            del owners[tile]
        _give(strays, owners)
    raise ValueError("a district that does not hold together")


def _give(strays: set[Tile], owners: dict[Tile, str]) -> None:
    """To the district that most of a tile's neighbours belong to; an island is left out."""
    while gained := {tile: owner for tile in sorted(strays) if (owner := _neighbour(tile, owners))}:
        owners.update(gained)
        strays -= gained.keys()


def _neighbour(tile: Tile, owners: dict[Tile, str]) -> str | None:
    around = Counter(owners[beside] for beside in _beside(tile) if beside in owners)
    return max(around, key=lambda district: (around[district], district), default=None)


def _strays(owners: dict[Tile, str]) -> set[Tile]:
    pieces: dict[str, list[set[Tile]]] = defaultdict(list)
    seen: set[Tile] = set()
    for tile in sorted(owners):
        if tile not in seen:
            piece = _piece(tile, owners)
            seen |= piece
            pieces[owners[tile]].append(piece)
    return {tile for found in pieces.values() for piece in sorted(found, key=len)[:-1] for tile in piece}


def _piece(start: Tile, owners: dict[Tile, str]) -> set[Tile]:
    found, waiting = {start}, deque([start])
    while waiting:
        for beside in _beside(waiting.popleft()):
            if beside not in found and owners.get(beside) == owners[start]:
                found.add(beside)
                waiting.append(beside)
    return found


def _beside(tile: Tile) -> Iterable[Tile]:
    row, column = tile
    return (row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)


def _feature(code: str, tiles: set[Tile]) -> dict[str, object]:
    latitude, longitude = LABELS[code]
    rings = [[_degrees(corner) for corner in ring] for ring in _rings(tiles)]
    return {
        "type": "Feature",
        "properties": {"code": code, "label": [longitude, latitude], "schematic": True},
        "geometry": {"type": "Polygon", "coordinates": sorted(rings, key=len, reverse=True)},
    }


def _degrees(corner: Tile) -> list[float]:
    return [round(corner[1] / PER_DEGREE, 4), round(corner[0] / PER_DEGREE, 4)]


def _rings(tiles: set[Tile]) -> Iterator[list[Tile]]:
    """The outline, anticlockwise; where two tiles touch by a corner, it turns left and stays simple."""
    edges: dict[Tile, list[Tile]] = defaultdict(list)
    for row, column in sorted(tiles):
        for start, end, beyond in (
            ((row, column), (row, column + 1), (row - 1, column)),
            ((row, column + 1), (row + 1, column + 1), (row, column + 1)),
            ((row + 1, column + 1), (row + 1, column), (row + 1, column)),
            ((row + 1, column), (row, column), (row, column - 1)),
        ):
            if beyond not in tiles:
                edges[start].append(end)
    while edges:
        yield _straightened(_ring(min(edges), edges))


def _ring(start: Tile, edges: dict[Tile, list[Tile]]) -> list[Tile]:
    ring, heading = [start], (0, 1)
    while len(ring) == 1 or ring[-1] != start:
        at = ring[-1]
        ahead = max(edges[at], key=lambda end: _turn(heading, (end[0] - at[0], end[1] - at[1])))
        edges[at].remove(ahead)
        if not edges[at]:
            del edges[at]
        heading = (ahead[0] - at[0], ahead[1] - at[1])
        ring.append(ahead)
    return ring


def _turn(before: Tile, after: Tile) -> int:
    """1 to the left, 0 straight on, -1 to the right."""
    return before[1] * after[0] - before[0] * after[1]


def _straightened(ring: list[Tile]) -> list[Tile]:
    corners = [
        at
        for before, at, after in zip([ring[-2], *ring[:-2]], ring[:-1], ring[1:], strict=True)
        if (at[0] - before[0], at[1] - before[1]) != (after[0] - at[0], after[1] - at[1])
    ]
    return [*corners, corners[0]]
