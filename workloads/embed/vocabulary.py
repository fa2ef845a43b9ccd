"""A model's vocabulary as the bytes of a tokenizer.json.

Imports ``model_folder``; tokenizers, from the extra ``embed``, only where a vocab.txt is converted.
"""

from typing import Any

from workloads.embed.model_folder import ModelFolder, Settings, read_settings

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def read_vocabulary(folder: ModelFolder) -> bytes:
    """Return the bytes of a tokenizer.json; convert a vocab.txt, as that of a BERT.

    Raises ``ValueError`` for a vocab.txt that is none.
    """
    content = folder.vocabulary.read_bytes()
    if folder.vocabulary.suffix == ".json":
        return content
    name = folder.name(folder.vocabulary)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name} is not UTF-8 at byte {error.start:,}") from error
    ids = {word: place for place, word in enumerate(_lines(text))}
    for special in SPECIAL:
        if special not in ids:
            raise ValueError(f"{name} has no line {special}")
    return str(_bert(ids, read_settings(folder, "tokenizer_config.json")).to_str()).encode()


def _lines(text: str) -> list[str]:
    """Return the lines of a text, cut at line feeds alone: other separators may be words."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]


def _bert(ids: dict[str, int], settings: Settings) -> Any:
    """Return BERT's tokenizer. Without settings it is cased exactly if a word has a capital."""
    from tokenizers import BertWordPieceTokenizer

    cased = any(word != word.lower() for word in ids if not word.startswith("["))
    strip_accents = settings.get("strip_accents")
    tokenizer = BertWordPieceTokenizer(
        ids,
        handle_chinese_chars=settings.get("tokenize_chinese_chars") is not False,
        strip_accents=strip_accents if isinstance(strip_accents, bool) else None,
        lowercase=bool(settings.get("do_lower_case", not cased)),
    )
    tokenizer.enable_padding(pad_id=ids["[PAD]"])  # kept only to say which id it is
    return tokenizer
