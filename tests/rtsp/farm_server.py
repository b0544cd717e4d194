"""Serves many cameras from few clips over RTSP with GStreamer, as cheaply as can be; run by the system's Python.

The one argument is a JSON object: `port`, `mtu`, `fps`, `clips` (name to a file of units) and `mounts`, each with
`path`, `clip`, `first_unit` (a key frame) and `delay_s`. A file of units begins with the length of the codec data
(little-endian `<I`) and the codec data (avcC); then records of `<BI`: is_key and length, with that many bytes of one
AVCC access unit. Every mount plays its clip from its first unit for ever; its times go on.

Nothing is parsed or encoded here: units go from memory shared by all mounts to the payloader, a second's worth at a
time, so that Python is called once a second and camera. One media serves all clients of a mount.

Events leave as JSON lines: `ready`, `playing` (a mount's media began). A line on standard input is answered with
`stats`: by how many seconds each playing mount is behind its clock, and the moment on the machine's monotonic clock at
which its first picture was due to leave. It ends with its standard input.
"""

import json
import struct
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

RECORD = struct.Struct("<BI")
QUEUED_BYTES = 300_000
"""More is asked for when less than this waits: half a second of 4 Mbit/s."""


def say(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


class Clip:
    """The access units of one clip as buffers whose memory all mounts share."""

    def __init__(self, path):
        with Path(path).open("rb") as file:
            (length,) = struct.unpack("<I", file.read(4))
            self.codec_data = file.read(length)
            self.units = []
            while head := file.read(RECORD.size):
                is_key, size = RECORD.unpack(head)
                self.units.append((bool(is_key), Gst.Buffer.new_wrapped(file.read(size))))


class Feeder:
    """Pushes one mount's units into its media's appsrc, a second's worth at a time."""

    def __init__(self, mount, clip, fps):
        self.clip, self.step = clip, Gst.SECOND // fps
        self.path, self.first, self.batch = mount["path"], mount["first_unit"], fps
        self.begin_ns = round(mount["delay_s"] * Gst.SECOND)
        self.source, self.sent = None, 0

    def begin(self, media):
        self.source, self.sent = media.get_element().get_by_name_recurse_up("source"), 0
        caps = Gst.Caps.from_string("video/x-h264,stream-format=avc,alignment=au")
        caps.set_value("codec_data", Gst.Buffer.new_wrapped(self.clip.codec_data))
        self.source.set_property("caps", caps)
        self.source.connect("need-data", self.on_need_data)
        say(event="playing", path=self.path)

    def on_need_data(self, source, _length):
        units, pushed = self.clip.units, Gst.BufferList.new()
        for number in range(self.sent, self.sent + self.batch):
            is_key, unit = units[(self.first + number) % len(units)]
            buffer = unit.copy_region(Gst.BufferCopyFlags.MEMORY, 0, unit.get_size())
            buffer.pts = buffer.dts = self.begin_ns + number * self.step
            buffer.duration = self.step
            if not is_key:
                buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
            pushed.insert(-1, buffer)
        self.sent += self.batch
        source.emit("push-buffer-list", pushed)

    def behind_s(self):
        """Seconds by which the end of what was handed over lies in the past; negative while all is well."""
        if self.source is None or (clock := self.source.get_clock()) is None:
            return None
        now_ns = clock.get_time() - self.source.get_base_time()
        return (now_ns - self.begin_ns - self.sent * self.step) / Gst.SECOND

    def began_s(self):
        """Monotonic seconds at which the first picture was due to leave; picture `i` follows `i` steps later."""
        if self.source is None or (clock := self.source.get_clock()) is None:
            return None
        running_ns = clock.get_time() - self.source.get_base_time()
        return time.monotonic() - (running_ns - self.begin_ns) / Gst.SECOND


def launch_line(mtu):
    return (
        f"( appsrc name=source is-live=false format=time block=false max-bytes={QUEUED_BYTES} "
        f"! rtph264pay name=pay0 pt=96 config-interval=-1 mtu={mtu} )"
    )


class Farm:
    def __init__(self, settings):
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service(str(settings["port"]))
        self.server.set_backlog(1024)
        clips = {name: Clip(path) for name, path in settings["clips"].items()}
        self.feeders = [self.add(mount, clips[mount["clip"]], settings) for mount in settings["mounts"]]

    def add(self, mount, clip, settings):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch_line(settings["mtu"]))
        factory.set_shared(True)
        factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
        feeder = Feeder(mount, clip, settings["fps"])
        factory.connect("media-configure", lambda _factory, media: feeder.begin(media))
        self.server.get_mount_points().add_factory(mount["path"], factory)
        return feeder

    def listen(self, loop):
        for _line in sys.stdin:
            behind = [feeder.behind_s() for feeder in self.feeders]
            began = [feeder.began_s() for feeder in self.feeders]
            say(event="stats", behind_s=[None if late is None else round(late, 3) for late in behind], began_s=began)
        GLib.idle_add(loop.quit)


def main():
    Gst.init(None)
    farm = Farm(json.loads(sys.argv[1]))
    if farm.server.attach(None) == 0:
        say(event="failed", problem="the port is taken")
        sys.exit(1)
    loop = GLib.MainLoop()
    threading.Thread(target=farm.listen, args=(loop,), daemon=True).start()
    say(event="ready")
    loop.run()


if __name__ == "__main__":
    main()
