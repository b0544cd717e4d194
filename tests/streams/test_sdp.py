"""Session descriptions as cameras write them: which track we play ourselves, and where it is asked for."""

import base64

import pytest

from streams.rtsp_messages import RtspMessage
from streams.sdp import MAX_MEDIA, VideoTrack, attribute, base_of, control_url, media_sections, video_track
from tests.streams.rtp_packets import HEVC_PPS, HEVC_SPS, PPS, SPS, VPS, annexb

BASE = "rtsp://10.0.0.8:554/live/"


def coded(unit: bytes) -> str:
    return base64.b64encode(unit).decode()


SETS = f"{coded(SPS)},{coded(PPS)}"

GSTREAMER = f"""v=0
o=- 1188340656180883 1 IN IP4 10.0.0.8
s=Session streamed with GStreamer
i=rtsp-server
t=0 0
a=tool:GStreamer
a=type:broadcast
a=control:*
a=range:npt=now-
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:2097
a=rtpmap:96 H264/90000
a=framerate:25
a=fmtp:96 packetization-mode=1;profile-level-id=64001f;sprop-parameter-sets={SETS};level-asymmetry-allowed=1
a=control:stream=0
a=ts-refclk:local
a=ssrc:3724797364 cname:user2381@host
"""

HIKVISION = f"""v=0
o=- 1600000000000000 1600000000000000 IN IP4 192.168.1.64
s=Media Presentation
e=NONE
b=AS:5100
t=0 0
a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/
m=video 0 RTP/AVP 96
c=IN IP4 0.0.0.0
b=AS:5000
a=recvonly
a=x-dimensions:1920,1080
a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=1
a=rtpmap:96 H264/90000
a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets={SETS}
m=audio 0 RTP/AVP 8
a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=2
a=rtpmap:8 PCMA/8000
m=application 0 RTP/AVP 107
a=control:rtsp://192.168.1.64:554/Streaming/Channels/101/trackID=3
a=rtpmap:107 vnd.onvif.metadata/90000
a=Media_header:MEDIAINFO=494D4B48010300000400000111710110401F000000FA000000000000000000000000000000000000;
"""

DAHUA = f"""v=0
o=- 2252310609 2252310609 IN IP4 0.0.0.0
s=Media Server
c=IN IP4 0.0.0.0
t=0 0
a=control:*
a=packetization-supported:DH
a=rtppayload-supported:DH
a=range:npt=now-
m=video 0 RTP/AVP 98
a=control:trackID=0
a=framerate:25.000000
a=rtpmap:98 H265/90000
a=fmtp:98 profile-id=1;sprop-sps={coded(HEVC_SPS)};sprop-pps={coded(HEVC_PPS)};sprop-vps={coded(VPS)}
a=recvonly
m=audio 0 RTP/AVP 97
a=control:trackID=1
a=rtpmap:97 MPEG4-GENERIC/16000
"""


def described(*lines: str, media: str = "m=video 0 RTP/AVP 96", codec: str = "H264/90000") -> bytes:
    """Return a description of one track with these further lines."""
    return "\r\n".join([media, f"a=rtpmap:96 {codec}", *lines]).encode()


def reply(**headers: str) -> RtspMessage:
    return RtspMessage(200, "", tuple((name.replace("_", "-"), value) for name, value in headers.items()), b"")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_description_of_gstreamer_is_read(ends: str) -> None:
    track = video_track(GSTREAMER.replace("\n", ends).encode(), BASE)
    assert track == VideoTrack(f"{BASE}stream=0", "h264", 96, 90_000, annexb(SPS, PPS), 25.0)


def test_absolute_control_is_asked_of_the_host_we_know() -> None:
    track = video_track(HIKVISION.encode(), "rtsp://relay.example:8554/Streaming/Channels/101/")
    control = "rtsp://relay.example:8554/Streaming/Channels/101/trackID=1"
    assert track == VideoTrack(control, "h264", 96, 90_000, annexb(SPS, PPS), None)


def test_relative_control_comes_behind_the_query_of_the_base() -> None:
    track = video_track(DAHUA.encode(), "rtsp://10.0.0.8/cam/realmonitor?channel=1&subtype=0/")
    control = "rtsp://10.0.0.8/cam/realmonitor?channel=1&subtype=0/trackID=0"
    assert track == VideoTrack(control, "hevc", 98, 90_000, annexb(VPS, HEVC_SPS, HEVC_PPS), 25.0)


@pytest.mark.parametrize("lines", [[], ["a=control:*"], ["a=control:"]])
def test_track_without_a_control_of_its_own_is_the_whole_presentation(lines: list[str]) -> None:
    track = video_track(b"v=0\r\na=control:*\r\n" + described(*lines), BASE)
    assert track is not None
    assert track.control == BASE


@pytest.mark.parametrize(
    ("control", "url"),
    [
        ("trackID=0", "rtsp://h:8554/live/trackID=0"),
        ("/other/trackID=0", "rtsp://h:8554/other/trackID=0"),
        ("rtsp://192.168.1.2/live/video?x=1", "rtsp://h:8554/live/video?x=1"),
        ("RTSP://192.168.1.2:554/v", "rtsp://h:8554/v"),
        ("rtsp://operator:geheim@192.168.1.2/v", "rtsp://h:8554/v"),
        ("rtsp://192.168.1.2", "rtsp://h:8554/"),
        ("*", "rtsp://h:8554/live"),
        ("track 0", "rtsp://h:8554/live"),
        ("track\x000", "rtsp://h:8554/live"),
        ("轨道", "rtsp://h:8554/live"),
    ],
)
def test_control_leads_to_the_host_that_was_asked(control: str, url: str) -> None:
    assert control_url("rtsp://h:8554/live", control) == url


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"content_base": "rtsp://192.168.1.2:554/live/"}, "rtsp://h:8554/live/"),
        ({"content_location": "rtsp://192.168.1.2/live/"}, "rtsp://h:8554/live/"),
        ({"content_base": "rtsp://a/1/", "content_location": "rtsp://a/2/"}, "rtsp://h:8554/1/"),
        ({"content_base": "rtsp://u:p@192.168.1.2/cam?channel=1/"}, "rtsp://h:8554/cam?channel=1/"),
        ({"content_base": "live/"}, "rtsp://h:8554/asked"),
        ({"content_base": "rtsp://a/b c/"}, "rtsp://h:8554/asked"),
        ({}, "rtsp://h:8554/asked"),
    ],
)
def test_base_is_what_the_camera_names_on_the_host_that_was_asked(headers: dict[str, str], base: str) -> None:
    assert base_of(reply(**headers), "rtsp://h:8554/asked") == base


@pytest.mark.parametrize(
    "description",
    [
        described("a=fmtp:96 packetization-mode=2"),
        described("a=fmtp:96 profile-level-id=420029; packetization-mode = 2"),
        described("a=fmtp:96 sprop-max-don-diff=3", codec="H265/90000"),
        described(media="m=video 0 RTP/SAVP 96"),
        described(media="m=video 0 RTP/SAVPF 96"),
        described(media="m=audio 0 RTP/AVP 96"),
        described(codec="JPEG/90000"),
        described(codec="H266/90000"),
        described(codec="H264/0"),
        described(codec="H264/-90000"),
        described(codec="H264/9e4"),
        described(codec="H264"),
        described(media="m=video 0 RTP/AVP 200"),
        described(media="m=video 0 RTP/AVP"),
        described(media="m=video"),
        b"m=video 0 RTP/AVP 26\r\na=control:trackID=0",
        b"",
    ],
)
def test_track_that_we_do_not_play_ourselves_is_none(description: bytes) -> None:
    assert video_track(description, BASE) is None


def test_second_video_track_does_not_stand_in_for_the_first() -> None:
    assert video_track(described(codec="JPEG/90000") + b"\r\n" + described(), BASE) is None


def test_video_behind_other_tracks_is_found() -> None:
    track = video_track(b"m=audio 0 RTP/AVP 8\na=control:audio\n" + described("a=control:video"), BASE)
    assert track is not None
    assert track.control == f"{BASE}video"


@pytest.mark.parametrize("name", ["H264", "h264", "H265", "hevc"])
def test_codec_is_known_in_either_case(name: str) -> None:
    track = video_track(described(codec=f"{name}/90000"), BASE)
    assert (track.codec if track else None) == {"H264": "h264", "h264": "h264", "H265": "hevc"}.get(name)


@pytest.mark.parametrize("rate", ["", "0", "-25", "nan", "inf", "1e9", "25/1", "viele", "1001"])
def test_rate_that_is_none_is_none(rate: str) -> None:
    track = video_track(described(f"a=framerate:{rate}"), BASE)
    assert track is not None
    assert track.fps is None


@pytest.mark.parametrize(("text", "rate"), [("25", 25.0), ("12.5", 12.5), (" 29.97 ", 29.97), ("1000", 1000.0)])
def test_declared_rate_is_read(text: str, rate: float) -> None:
    track = video_track(described(f"a=framerate:{text}"), BASE)
    assert track is not None
    assert track.fps == rate


@pytest.mark.parametrize(
    ("sets", "extradata"),
    [
        (SETS, annexb(SPS, PPS)),
        (f"{coded(SPS)}, {coded(PPS)},", annexb(SPS, PPS)),
        (coded(SPS), annexb(SPS)),
        ("", b""),
        (",,", b""),
        ("Z", b""),
        ("é", b""),
    ],
)
def test_parameter_sets_are_read_as_far_as_they_can_be(sets: str, extradata: bytes) -> None:
    track = video_track(described(f"a=fmtp:96 sprop-parameter-sets={sets}"), BASE)
    assert track is not None
    assert track.extradata == extradata


def test_parameters_of_another_payload_type_are_passed_over() -> None:
    track = video_track(described(f"a=fmtp:97 sprop-parameter-sets={SETS}"), BASE)
    assert track is not None
    assert track.extradata == b""


def test_sections_are_counted_up_to_a_bound() -> None:
    text = "m=audio 0 RTP/AVP 8\n" * (MAX_MEDIA + 5)
    assert len(media_sections(text)) == MAX_MEDIA


def test_lines_in_front_of_the_first_section_belong_to_none() -> None:
    (section,) = media_sections("a=control:session\nm=video 0 RTP/AVP 96\na=control:track")
    assert attribute(section, "control:") == "track"


def test_attribute_that_does_not_stand_there_is_empty() -> None:
    assert attribute(["video 0 RTP/AVP 96"], "control:") == ""
