"""A real ONVIF backchannel by GStreamer: writes the sound that it receives into files.

Runs under the system's Python, which has GStreamer's bindings; started by tests/broadcast/backchannel.py.

    backchannel_server.py CODEC FOLDER [USER PASSWORD]

Prints the port that it listens on as its first line. Each session writes what it heard, decoded by GStreamer to 16-bit
samples at 8 kHz, to a numbered file in the folder.
"""

import contextlib
import itertools
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

TRACKS = {
    "PCMU": ("PCMU", 0, "rtppcmudepay ! mulawdec"),
    "PCMA": ("PCMA", 8, "rtppcmadepay ! alawdec"),
    "OPUS": ("OPUS", 97, "rtpopusdepay ! opusdec ! audioresample ! audioconvert"),
}

FORWARD = (
    "( videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=5/1 ! "
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=5 ! rtph264pay name=pay0 pt=96 )"
)


def main(codec: str, folder: str, *account: str) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPOnvifServer.new()
    server.set_address("127.0.0.1")
    server.set_service("0")
    if account:
        protect(server, *account)
    mounts = server.get_mount_points()
    mounts.add_factory("/talk", with_permission(back_factory(codec, folder)))
    deaf = GstRtspServer.RTSPMediaFactory.new()
    deaf.set_launch(FORWARD)
    mounts.add_factory("/deaf", with_permission(deaf))
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        GLib.MainLoop().run()


def back_factory(codec: str, folder: str) -> GstRtspServer.RTSPOnvifMediaFactory:
    name, payload_type, decode = TRACKS[codec]
    clock_rate = 48_000 if codec == "OPUS" else 8_000
    caps = f"application/x-rtp,media=audio,payload={payload_type},clock-rate={clock_rate},encoding-name={name}"
    factory = GstRtspServer.RTSPOnvifMediaFactory.new()
    factory.set_launch(FORWARD)
    # async=false: a back channel that has heard nothing yet must not hold up the whole session
    factory.set_backchannel_launch(
        f'( capsfilter caps="{caps}" name=depay_backchannel ! {decode} ! audio/x-raw,format=S16LE,rate=8000,channels=1 '
        "! filesink name=ear location=/dev/null buffer-mode=unbuffered async=false sync=false )"
    )
    factory.set_media_gtype(GstRtspServer.RTSPOnvifMedia)
    numbers = itertools.count()

    def name_file(_factory: object, media: GstRtspServer.RTSPMedia) -> None:
        media.get_element().get_by_name("ear").set_property("location", f"{folder}/{next(numbers):03d}.s16")

    factory.connect("media-configure", name_file)
    return factory


def protect(server: GstRtspServer.RTSPServer, user: str, password: str) -> None:
    auth = GstRtspServer.RTSPAuth.new()
    token = GstRtspServer.RTSPToken.new()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "talker")
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    auth.add_digest(user, password, token)
    server.set_auth(auth)


def with_permission(factory: GstRtspServer.RTSPMediaFactory) -> GstRtspServer.RTSPMediaFactory:
    role = "talker,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
    factory.add_role_from_structure(Gst.Structure.from_string(role)[0])
    return factory


main(*sys.argv[1:])
