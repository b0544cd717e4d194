"""Holds what an operator may set about one stream; each value has a unit, limits and a reason."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class StreamSettings(BaseModel):
    """How one camera is pulled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    transport: Literal["tcp", "udp"] = Field(
        default="tcp", description="RTSP transport; udp saves a little delay and loses packets on a bad network"
    )
    ring_s: float = Field(default=60.0, ge=5, le=600, description="seconds of packets kept in memory for looking back")
    ring_bytes: int = Field(
        default=64 * 2**20, ge=2**20, le=2**32, description="bytes of packets kept at most, whatever the bit rate"
    )
    open_timeout_s: float = Field(default=10.0, gt=0, le=60, description="seconds a camera may take to answer")
    read_timeout_s: float = Field(default=4.0, gt=0, le=60, description="seconds without a packet until we reconnect")
    first_wait_s: float = Field(
        default=1.0, gt=0, le=60, description="seconds between tries in the first minute of an outage"
    )
    longest_wait_s: float = Field(
        default=60.0, gt=0, le=3600, description="seconds between tries at most; they grow to a sixtieth of the outage"
    )
    declared_fps: float | None = Field(
        default=None, gt=0, le=240, description="frame rate to show when the camera declares none or a wrong one"
    )
