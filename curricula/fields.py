"""The types of what is carried and reported as JSON."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, SerializerFunctionWrapHandler, model_serializer

MAX_POOL = 1_024  # held-out problems per stage and split

Count = Annotated[int, Field(ge=0, lt=2**53)]
Share = Annotated[float, Field(ge=0, le=1)]
MOST = 2.0**53
Weight = Annotated[FiniteFloat, Field(ge=0, le=MOST)]
InPool = Annotated[int, Field(ge=0, le=MAX_POOL)]
StageName = Annotated[str, Field(max_length=64)]


class Strict(BaseModel):
    """A body without unknown fields, that nobody changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Compact(Strict):
    """A body that is written without what has its default: it travels with every request."""

    @model_serializer(mode="wrap")
    def _without_defaults(self, handler: SerializerFunctionWrapHandler) -> Any:
        fields = type(self).model_fields
        return {name: value for name, value in handler(self).items() if getattr(self, name) != fields[name].default}
