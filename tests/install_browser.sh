#!/bin/sh
# Finds the Chromium of the browser tests; installs Debian's where there is none and it may.
set -u
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "installing chromium for the browser tests"
    apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends chromium >/dev/null && exit 0
fi
echo "browser tests: no Chromium found; install it (Debian: sudo apt install chromium)"
[ "${CI:-}" != true ]
