#!/bin/sh
# Installs the Debian packages that the end-to-end tests use, where it may; says what will be skipped where it may not.
set -eu

# package: what it is for
wanted='gir1.2-gst-rtsp-server-1.0:a real RTSP server and ONVIF audio backchannel
python3-gi:the same
gstreamer1.0-plugins-base:the same
gstreamer1.0-plugins-good:the same
gstreamer1.0-plugins-bad:the same
gstreamer1.0-plugins-ugly:the same
gstreamer1.0-libav:the same
chromium:browser tests
fonts-noto-cjk:Chinese in screenshots
espeak-ng:speech tests
libportaudio2:sound card tests
mosquitto:MQTT tests
postgresql:the same tests of cases on PostgreSQL as on SQLite'

missing=''
for package in $(printf '%s\n' "$wanted" | cut -d: -f1); do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=''
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root='sudo'
else
    echo "Not installed, as that needs root:$missing"
    for package in $missing; do
        echo "  without $package these are skipped: $(printf '%s\n' "$wanted" | grep "^$package:" | cut -d: -f2)"
    done
    echo "To run everything: sudo apt install$missing"
    exit 0
fi

$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
