#!/bin/sh
# pod-rootfs.sh ROOT: completes the root file system of the default pod image with what this image has anyway: busybox for
# a learner's hands, perl for the server.
set -eu

root=$1
install -D /bin/busybox "$root/bin/busybox"
# Hard links: a new host unpacks this image, and an inode for each of 270 commands would take longer than the rest of it.
chroot "$root" /bin/busybox --install /bin
install -D /usr/bin/perl "$root/usr/bin/perl"
# Perl's libraries and the loader, wherever this architecture has them.
ldd /usr/bin/perl | grep -o '/[^ ]*' | while read -r library; do
  install -D "$library" "$root$library"
done
modules=$(perl -e 'print grep { /perl-base$/ } @INC')
mkdir -p "$root$modules"
cp -r "$modules/." "$root$modules/"
# Tables of Unicode properties, 3 MB, for regular expressions that the server has not.
rm -rf "$root$modules/unicore"
install -d -m 1777 "$root/tmp"
