#!/bin/bash
# A host of its own for containers, in private mount and network namespaces: what runtimes write to /run, /etc and /var goes
# to memory and is gone with the namespaces. Prints "ready", and lasts as long as its standard input.
set -eu
ip link set lo up
# sysfs of this network namespace, with the cgroup hierarchies as they were.
mkdir -p "$1"
mount --rbind /sys/fs/cgroup "$1"
mount -t sysfs sysfs /sys
mount --rbind "$1" /sys/fs/cgroup
umount -R -l "$1"
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs tmpfs /run
mkdir /run/etc /run/etc/upper /run/etc/work /run/netns /run/lock
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
mount -t tmpfs tmpfs /var/lib
mkdir -p /var/log && mount -t tmpfs tmpfs /var/log
mount -t tmpfs tmpfs /var/tmp
# An image: busybox and iperf3 with its libraries.
image=/run/image
mkdir -p $image/bin $image/etc $image/tmp $image/proc $image/sys $image/dev $image/run $image/root
cp "$(command -v busybox)" $image/bin/busybox
cp "$(command -v iperf3)" $image/bin/iperf3
for applet in sh cat head nc sleep; do ln -s busybox $image/bin/$applet; done
for program in busybox iperf3; do
  for file in $(ldd $image/bin/$program 2> /dev/null | grep -o '/[^ ]*'); do
    mkdir -p "$image$(dirname "$file")"
    cp -L "$file" "$image$file"
  done
done
echo 'root:x:0:0:root:/root:/bin/sh' > $image/etc/passwd
echo 'root:x:0:' > $image/etc/group
tar -C $image -cf /run/image.tar .
# podman without systemd, without the right to raise limits, and on hosts with both versions of cgroups.
cat > /etc/containers.conf.lab <<'CONF'
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
CONF
echo ready
exec cat > /dev/null
