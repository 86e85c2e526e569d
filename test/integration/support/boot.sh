#!/bin/sh
# boot.sh ROOT NAME TARGET: systemd as the first process of its own namespaces, in a root folder. Output goes to ROOT/boot.log.
# Control groups of its own (version 1 or hybrid, as the machine has them) in a folder NAME.
set -eu
root=$1 name=$2 target=$3
for folder in /sys/fs/cgroup/*/; do
  [ -e "$folder/cgroup.procs" ] || continue
  mkdir -p "$folder$name"
  if [ -e "$folder$name/cpuset.cpus" ]; then
    cat "$folder/cpuset.cpus" >"$folder$name/cpuset.cpus"
    cat "$folder/cpuset.mems" >"$folder$name/cpuset.mems"
  fi
  echo $$ >"$folder$name/cgroup.procs"
done
# A test that is killed takes its device along.
exec setpriv --pdeathsig KILL unshare --cgroup --pid --fork --mount --net --uts --ipc --kill-child --propagation private sh -eu -c '
root=$1 target=$2
mount --rbind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null zero full random urandom tty loop-control; do
  [ -e "/dev/$node" ] || continue
  touch "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
for folder in /sys/fs/cgroup/*/; do
  [ -e "$folder/cgroup.procs" ] || continue
  kind=$(basename "$folder")
  mkdir "$root/sys/fs/cgroup/$kind"
  case $kind in
    systemd) mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/$kind" ;;
    unified) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/$kind" ;;
    *) mount -t cgroup -o "$kind" cgroup "$root/sys/fs/cgroup/$kind" ;;
  esac
done
hostname device
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old
rmdir /.old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd "--unit=$target" \
  --log-target=console --log-level=info --show-status=no >/boot.log 2>&1 </dev/null
' sh "$root" "$target"
