import pytest

from tests.bench import serve
from tests.bench.serve import OWN, Times
from tests.bench.table import NONE


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a measurement without voyager come to fixed times."""
    found = Times(
        searching_s={
            OWN: [0.0002, 0.0002],
            "faiss, flat": [0.0002, 0.0004],
            "faiss, IVF": [0.00005, 0.00005],
        },
        recall={OWN: 0.97, "faiss, flat": 1.0, "faiss, IVF": 0.96},
        effort={OWN: 24, "faiss, flat": 4, "faiss, IVF": 32},
        encoding_s=0.0018,
    )
    monkeypatch.setattr(serve, "measure_apart", lambda *_, **__: (found, 0.0))


@pytest.mark.usefixtures("measured")
def test_a_request_is_compared_whole_and_at_no_less_recall() -> None:
    rows = serve.search_libraries(2).rows
    flat, flat_recall, lists, lists_recall = rows[:4]
    assert [*flat.observed, *lists.observed] == pytest.approx([1.0, 1.1, 0.925, 0.925])
    assert (flat.verdict, lists.verdict) == ("met", "missed")
    assert lists.spread.endswith("nprobe 32")
    assert (flat_recall.verdict, lists_recall.verdict) == ("met", "missed")


@pytest.mark.usefixtures("measured")
def test_a_library_that_is_not_installed_is_said() -> None:
    (row,) = serve.search_libraries(2).rows[4:]
    assert (row.than, row.value, row.verdict) == ("voyager, HNSW", "is not installed", NONE)
