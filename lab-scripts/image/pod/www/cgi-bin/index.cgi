#!/bin/sh
# Says who answered and whom it saw: how NAT on the way is proved (the client's address) and how two pods
# with the same address are told apart (the server's name).
# The server listens on IPv6 for both families and writes an IPv4 client as [::ffff:192.168.20.2] (RFC 4291, 2.5.5.2).
client=${REMOTE_ADDR#[}
client=${client#::ffff:}
printf 'Content-Type: application/json\r\n\r\n{"server":"%s","client":"%s","clientPort":%s}\n' \
  "$PODLAB_IDENTITY" "${client%]}" "$REMOTE_PORT"
