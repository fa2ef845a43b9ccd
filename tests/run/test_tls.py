from pathlib import Path

from harness.run.tls import FILES, tls_settings


def test_nothing_is_encrypted_where_nothing_is_said() -> None:
    found = tls_settings({})
    assert (found.used, found.named) == (False, ())


def test_all_files_that_can_be_read_are_well(tmp_path: Path) -> None:
    file = tmp_path / "pem"
    file.write_text("-----BEGIN")
    found = tls_settings({"RAY_USE_TLS": "1"} | dict.fromkeys(FILES, str(file)))
    assert (found.used, found.named, found.faults) == (True, FILES, ())


def test_each_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    gone = str(tmp_path / "gone")
    found = tls_settings(
        {"RAY_USE_TLS": "true", "RAY_TLS_SERVER_CERT": str(empty), "RAY_TLS_SERVER_KEY": gone}
    )
    assert found.faults == (
        "the file in RAY_TLS_SERVER_CERT is empty",
        "the file in RAY_TLS_SERVER_KEY cannot be read: No such file or directory",
        "RAY_TLS_CA_CERT is not set",
    )
