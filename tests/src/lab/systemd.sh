# Becomes a systemd that is process 1 of namespaces of its own (unshare -m -n -p -f -u -i -C), over a copy-on-write view of /.
# $1: an empty directory to mount on. $2: the nbw to have at /usr/bin/nbw. $3: the agent's unit. Nothing outside is written to.
set -e
cd /
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
root=$1/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
touch "$root/usr/bin/nbw"
mount --bind "$2" "$root/usr/bin/nbw"

# Only what the test starts is started: no unit here needs basic.target, which the host's own would come with.
units=$root/etc/systemd/system
rm -rf "$units" && mkdir -p "$units"
unit() { printf '%s\n' "$@"; }
unit '[Unit]' 'DefaultDependencies=no' > "$units/lab.target"
service() { unit '[Unit]' 'DefaultDependencies=no' '[Service]' 'IPAccounting=yes' "$@"; }
service 'Slice=shop.slice' 'ExecStart=/usr/bin/iperf3 -s -p 5201' > "$units/shop.service"
service 'ExecStart=/usr/bin/iperf3 -s -p %i' > "$units/web@.service"
unit '[Slice]' 'IPAccounting=yes' > "$units/shop.slice"
# The agent's unit as it is; only what it orders itself by is not here.
cp "$3" "$units/nbw.service" && mkdir "$units/nbw.service.d" "$root/etc/nbw"
unit '[Unit]' 'DefaultDependencies=no' > "$units/nbw.service.d/lab.conf"
# The journal, but none of its sockets that are outside of /run.
for socket in dev-log audit; do ln -s /dev/null "$units/systemd-journald-$socket.socket"; done
# As systemd's own, but without a login: no PAM, and what pam_systemd(8) would set.
service 'User=%i' 'Slice=user-%i.slice' 'Type=notify' 'ExecStart=/lib/systemd/systemd --user --unit=lab.target' \
    'Delegate=yes' 'RuntimeDirectory=user/%i' 'Environment=XDG_RUNTIME_DIR=/run/user/%i' > "$units/user@.service"
rm -rf "$root/etc/systemd/user" && mkdir -p "$root/etc/systemd/user"
unit '[Unit]' 'DefaultDependencies=no' > "$root/etc/systemd/user/lab.target"
unit '[Unit]' 'DefaultDependencies=no' '[Service]' 'ExecStart=/usr/bin/iperf3 -s -p 5901' \
    > "$root/etc/systemd/user/shop.service"

# One packet, one frame: systemd counts packets as the kernel has them. TCP makes packets of several segments even where
# the device wants none.
ip link set lo up gso_max_segs 1
ethtool -K lo tso off gso off gro off tx-udp-segmentation off
cd "$root"
pivot_root . mnt
umount -l /mnt
exec chroot / /usr/bin/env -i container=lab PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=lab.target --log-target=console --log-level=warning
