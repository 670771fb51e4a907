#!/bin/sh
# Says who answered and whom it saw: how NAT on the way is proved (the client's address) and how two pods
# with the same address are told apart (the server's name).
printf 'Content-Type: application/json\r\n\r\n{"server":"%s","client":"%s","clientPort":%s}\n' \
  "$PODLAB_IDENTITY" "$REMOTE_ADDR" "$REMOTE_PORT"
