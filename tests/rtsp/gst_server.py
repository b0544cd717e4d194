"""Serves encoded access units over RTSP with GStreamer; run by the system's Python, steered over its standard streams.

The one argument is a JSON object: `port`, `user`, `password`, `scheme` ("basic" or "digest") and `mounts`, each with
`path`, `files`, `codec` ("h264" or "h265"), `loop`, `audio`, `video`. A file holds records of little-endian
`<qqqBI`: pts_us, dts_us, duration_us, is_key, length, then that many bytes of one Annex B access unit.
Files of a mount play one after the other; with `loop` they begin again, their times going on.

Events leave as JSON lines: ready, describe (every DESCRIBE asked, answered or refused), reply (status code, path).
Commands come as JSON lines: {"do": "stall", "path": ...} holds the packets back, {"do": "resume", "path": ...}.
"""

import json
import struct
import sys
import threading
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

RECORD = struct.Struct("<qqqBI")
AUDIO = "audiotestsrc wave=silence ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name={pay} pt=8"
LEAD_BUFFERS = 8


def say(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def read_units(path):
    with Path(path).open("rb") as file:
        units = []
        while head := file.read(RECORD.size):
            pts, dts, duration, is_key, length = RECORD.unpack(head)
            units.append((pts, dts, duration, bool(is_key), file.read(length)))
    return units


class Feeder:
    """Pushes one mount's access units into one appsrc, with times that keep growing."""

    def __init__(self, mount):
        self.rounds = [read_units(path) for path in mount["files"]]
        self.loop = mount["loop"]
        self.running = threading.Event()
        self.running.set()

    def begin(self, appsrc):
        appsrc.connect("need-data", self.on_need_data, iter(self.units()))

    def units(self):
        base = 0
        while True:
            for units in self.rounds:
                first = min(unit[1] for unit in units)
                end = max(unit[0] + unit[2] for unit in units)
                for pts, dts, duration, is_key, data in units:
                    yield base + pts - first, base + dts - first, duration, is_key, data
                base += end - first
            if not self.loop:
                return

    def on_need_data(self, appsrc, _length, units):
        self.running.wait()
        try:
            pts, dts, duration, is_key, data = next(units)
        except StopIteration:
            appsrc.emit("end-of-stream")
            return
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts, buffer.dts, buffer.duration = pts * 1000, dts * 1000, duration * 1000
        if not is_key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        appsrc.emit("push-buffer", buffer)


def launch_line(mount):
    parts = []
    if mount["video"]:
        codec = mount["codec"]
        parts.append(
            f"appsrc name=source is-live=false format=time block=false max-bytes=400000 "
            f"caps=video/x-{codec},stream-format=byte-stream,alignment=au "
            f"! {codec}parse config-interval=-1 ! rtp{codec}pay name=pay0 pt=96 config-interval=-1"
        )
    if mount["audio"]:
        parts.append(AUDIO.format(pay=f"pay{len(parts)}"))
    return "( " + " ".join(parts) + " )"


class Server:
    def __init__(self, settings):
        self.feeders = {}
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service(str(settings["port"]))
        self.user = settings["user"]
        if self.user:
            self.guard(settings)
        for mount in settings["mounts"]:
            self.add(mount)
        self.server.connect("client-connected", self.on_client)

    def guard(self, settings):
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        if settings["scheme"] == "digest":
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(settings["user"], settings["password"], token)
        else:
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(settings["user"], settings["password"]), token)
        self.server.set_auth(auth)

    def add(self, mount):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch_line(mount))
        # A shared media of which a client takes the video only stalls for the client after it; one that ended stays so.
        factory.set_shared(mount["loop"] and not mount["audio"])
        if self.user:
            factory.add_role_from_structure(
                Gst.Structure.from_string(
                    "viewer,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
                )[0]
            )
        if mount["video"]:
            self.feeders[mount["path"]] = feeder = Feeder(mount)
            factory.connect("media-configure", self.on_media, feeder)
        self.server.get_mount_points().add_factory(mount["path"], factory)

    def on_media(self, _factory, media, feeder):
        feeder.begin(media.get_element().get_by_name_recurse_up("source"))

    def on_client(self, _server, client):
        client.connect("send-message", self.on_message)
        client.connect("pre-describe-request", self.on_describe)

    def on_describe(self, _client, context):
        say(event="describe", path=context.uri.abspath)
        return GstRtsp.RTSPStatusCode.OK

    def on_message(self, client, _session, message):
        if message.get_type() == GstRtsp.RTSPMsgType.RESPONSE:
            _result, code, _reason, _version = message.parse_response()
            say(event="reply", code=int(code))

    def listen(self, loop):
        for line in sys.stdin:
            order = json.loads(line)
            flag = self.feeders[order["path"]].running
            flag.clear() if order["do"] == "stall" else flag.set()
            say(event="done", path=order["path"], do=order["do"])
        GLib.idle_add(loop.quit)


def main():
    Gst.init(None)
    server = Server(json.loads(sys.argv[1]))
    if server.server.attach(None) == 0:
        say(event="failed", problem="the port is taken")
        sys.exit(1)
    loop = GLib.MainLoop()
    threading.Thread(target=server.listen, args=(loop,), daemon=True).start()
    say(event="ready")
    loop.run()


if __name__ == "__main__":
    main()
