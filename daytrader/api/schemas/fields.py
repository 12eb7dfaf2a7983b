"""
Fields that apply the rules of ``utils.validators``, so that a schema and a model never disagree.

Each also says what it is in Swagger's words. Going out they hand on Python values: `api.encoding` is the one place that
knows their form in JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

from marshmallow import Schema, ValidationError, fields

from daytrader.api.schemas.glossary import GLOSSARY
from daytrader.utils import query_values, validators
from daytrader.utils.errors import BrokenRuleError, InvalidInputError

Rule = Callable[[Any], Any]


class BaseSchema(Schema):
    """A schema that refuses, by name, whatever it does not accept."""

    def __init__(self, **kwargs: Any) -> None:
        self.error_messages = {"unknown": "is read-only or unknown", "type": "must be a JSON object"}
        super().__init__(**kwargs)


class Field(fields.Field[Any]):
    """
    A value that one rule judges and normalises.

    Attributes:
        swagger: The value's type in Swagger's words.
        is_always_shown: Whether no answer goes without it.
    """

    swagger: Mapping[str, Any] = {}

    def __init__(
        self,
        rule: Rule | None = None,
        *,
        doc: str = "",
        example: Any = None,
        is_always_shown: bool = True,
        **kwargs: Any,
    ) -> None:
        messages: dict[str, str | list[Any] | dict[Any, Any]] = {"required": "is required", "null": "must not be null"}
        super().__init__(error_messages=messages, **kwargs)
        self.rule = rule
        self.doc = doc
        self.example = example
        self.is_always_shown = is_always_shown

    def describe(self) -> dict[str, Any]:
        """Return the field as a Swagger property."""
        described = dict(self.swagger)
        meaning, example = GLOSSARY.get(self.name or "", ("", None))
        described["description"] = self.doc or meaning
        described["example"] = self._example(example if self.example is None else self.example)
        if self.allow_none:
            described["x-nullable"] = True
        return described

    def _example(self, known: Any) -> Any:
        """Return *known*, or what stands for any value of this type."""
        choices = self.swagger.get("enum")
        return choices[0] if choices and known not in choices else known

    def check(self, value: Any) -> Any:
        """
        Return *value*, of the JSON type that this field takes.

        Raises:
            BrokenRuleError: If it is of another.
        """
        return value

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002 (marshmallow's signature)
        return value

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:  # noqa: ARG002 (marshmallow's signature)
        try:
            checked = self.check(value)
            return checked if self.rule is None else self.rule(checked)
        except BrokenRuleError as error:
            raise ValidationError(str(error)) from None
        except InvalidInputError as error:  # of one part, which the value's reader has named
            raise ValidationError(dict(error.fields)) from None


class Text(Field):
    """Text."""

    swagger: Mapping[str, Any] = {"type": "string"}
    longest = 10_000

    def check(self, value: Any) -> str:
        """A string that a database can hold."""
        if not isinstance(value, str):
            raise BrokenRuleError("must be text")
        if len(value) > self.longest:
            raise BrokenRuleError(f"must be at most {self.longest} characters long")
        return query_values.text(value)


class Secret(Text):
    """A password or a token: taken, never shown, never trimmed."""

    swagger: Mapping[str, Any] = {"type": "string", "format": "password"}
    longest = 1000


class Number(Field):
    """A JSON number, exact."""

    swagger: Mapping[str, Any] = {"type": "number"}

    def check(self, value: Any) -> Decimal:
        """A number, not the text of one."""
        if isinstance(value, str):
            raise BrokenRuleError("must be a number")
        return validators.decimal(value)


class Whole(Field):
    """A whole JSON number."""

    swagger: Mapping[str, Any] = {"type": "integer"}

    def check(self, value: Any) -> int:
        """A whole number that a column can hold."""
        if isinstance(value, str):
            raise BrokenRuleError("must be a whole number")
        number = validators.decimal(value)
        if number != number.to_integral_value():
            raise BrokenRuleError("must be a whole number")
        return validators.whole(-(2**31), 2**31 - 1)(number)


class Flag(Field):
    """true or false, nothing that looks like it."""

    swagger: Mapping[str, Any] = {"type": "boolean"}

    def check(self, value: Any) -> bool:
        """A JSON boolean."""
        if not isinstance(value, bool):
            raise BrokenRuleError("must be true or false")
        return value


class Choice(Text):
    """A member of an enumeration, by name in any case."""

    def __init__(self, kind: type[Enum], **kwargs: Any) -> None:
        super().__init__(validators.member_of(kind), **kwargs)
        self.swagger = {"type": "string", "enum": [member.value for member in kind]}


class Word(Text):
    """One of a few words."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        super().__init__(lambda value: query_values.choice(value, words), **kwargs)
        self.swagger = {"type": "string", "enum": list(words)}


class Words(Field):
    """One or more of a few words, each once."""

    def __init__(self, kind: type[Enum], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._member_of = validators.member_of(kind)
        choices = {"type": "string", "enum": [member.value for member in kind]}
        self.swagger = {"type": "array", "items": choices, "minItems": 1}

    def check(self, value: Any) -> list[Any]:
        """A list of them."""
        if not isinstance(value, list) or not 0 < len(value) <= len(self.swagger["items"]["enum"]):
            raise BrokenRuleError("must be a list of one or more, each once")
        found = [self._member_of(item) for item in value]
        if len(set(found)) < len(found):
            raise BrokenRuleError("must be a list of one or more, each once")
        return found


class Moment(Text):
    """A date and time, UTC."""

    swagger: Mapping[str, Any] = {"type": "string", "format": "date-time"}

    def check(self, value: Any) -> Any:
        """ISO 8601."""
        return query_values.moment(super().check(value))


class Day(Text):
    """A date."""

    swagger: Mapping[str, Any] = {"type": "string", "format": "date"}

    def check(self, value: Any) -> Any:
        """YYYY-MM-DD."""
        return query_values.day(super().check(value))


class Object(Field):
    """A JSON object whose names are not ours."""

    swagger: Mapping[str, Any] = {"type": "object"}

    def check(self, value: Any) -> dict[str, Any]:
        """An object."""
        if not isinstance(value, dict):
            raise BrokenRuleError("must be a JSON object")
        return value


class Part(Field):
    """An object of another schema, as part of a body."""

    def __init__(self, schema: type[BaseSchema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._schema = schema()
        fields_ = self._schema.load_fields.items()
        properties = {name: field.describe() for name, field in fields_ if isinstance(field, Field)}
        self.swagger = {"type": "object", "properties": properties}

    def check(self, value: Any) -> dict[str, Any]:
        """What that schema accepts."""
        if not isinstance(value, dict):
            raise BrokenRuleError("must be a JSON object")
        try:
            loaded: dict[str, Any] = self._schema.load(value)
        except ValidationError as error:
            name, reasons = next(iter(error.messages_dict.items()))
            raise BrokenRuleError(f"{name} {reasons[0]}") from None
        return loaded


class Parts(Part):
    """A list of objects of another schema."""

    most = 80

    def __init__(self, schema: type[BaseSchema], *, fewest: int = 1, **kwargs: Any) -> None:
        super().__init__(schema, **kwargs)
        self.fewest = fewest
        self.swagger = {"type": "array", "items": self.swagger, "minItems": fewest}

    def check(self, value: Any) -> Any:
        """*fewest* or more of them."""
        if not isinstance(value, list) or not self.fewest <= len(value) <= self.most:
            raise BrokenRuleError(f"must be a list of {self.fewest} to {self.most}")
        return [super(Parts, self).check(item) for item in value]


class Shown(Field):
    """An object of another schema; only shown."""

    def __init__(self, schema: type[BaseSchema], *, many: bool = False, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)
        self.schema_shown = schema()
        self.many = many

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ARG002 (marshmallow's signature)
        return None if value is None else self.schema_shown.dump(value, many=self.many)


class Series(Field):
    """A list of plain values; only shown."""

    def __init__(self, kind: type[Field], **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)
        self.swagger = {"type": "array", "items": dict(kind.swagger)}

    def _example(self, known: Any) -> Any:
        return [known]
