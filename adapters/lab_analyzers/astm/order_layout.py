"""How a model asks for orders and wants them written in E1394 records. Part of its profile."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class OrderLayout(BaseModel):
    """Fields and components count from 1; the defaults are those of E1394."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    taken: bool = Field(
        default=True,
        description="Whether it takes orders; else each query is told that there are none.",
    )
    unasked: bool = Field(default=True, description="Whether it takes orders that it did not ask for.")
    asked_component: int = Field(
        default=0,
        ge=0,
        le=20,
        description="Component of Q.3 with the specimen; 0: the second of several, else the first.",
    )
    as_asked: bool = Field(
        default=False,
        description="Whether O.3 repeats Q.3 whole, for machines that put rack and place there.",
    )
    test_component: int = Field(
        default=4, ge=1, le=20, description="Component of O.5 with the code of a test; 4: the maker's own."
    )
    patient_field: int = Field(
        default=0, ge=0, le=30, description="Field of P that repeats the patient number of Q.3.1; 0: none."
    )
    one_test_each: bool = Field(
        default=False, description="An O record for each test; else one O that repeats the tests in O.5."
    )
    action: Literal["A", "N"] = Field(
        default="N", description="O.12 of an answer to a query: A tests are added, N the specimen is new."
    )
    descriptor: str = Field(
        default="", max_length=16, description="O.16, where the model wants one of its own."
    )
    frames: Literal["record", "message"] = Field(
        default="record",
        description="What we send: a frame for each record, or the whole message cut into frames (ETB).",
    )
