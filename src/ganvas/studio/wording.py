"""What is said to a person: a sentence, and its template, by which the page says it in 中文."""

from __future__ import annotations


class Words(str):
    """A sentence made of a template and its fields; `page/messages.js` has each in 中文 too."""

    template: str
    fields: dict[str, str | float]

    def __new__(cls, template: str, **fields: str | float) -> Words:
        """Fills a template, whose fields are plain: {name}."""
        words = super().__new__(cls, template.format(**fields))
        words.template, words.fields = template, fields
        return words

    def to_json(self) -> list[str | dict[str, str | float]]:
        """As the page's `say` takes it."""
        return [self.template, self.fields]


def words_of(error: Exception) -> Words:
    """What an error says; what others than the Studio raise has no template of its own."""
    said = error.args[0] if error.args else None
    return said if isinstance(said, Words) else Words("{error}", error=str(error))


def told(error: Exception) -> dict[str, object]:
    """An error as an answer has it: in English, and as its template."""
    words = words_of(error)
    return {"error": str(words), "words": words.to_json()}
