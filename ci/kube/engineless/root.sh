#!/usr/bin/env bash
# Furnish a cluster's new namespaces, then become its root process: LIVE BINARIES NODE_ADDRESS PAUSE...
set -Eeuo pipefail

live=$1 binaries=$2 node_address=$3
shift 3

# The kubelet and containerd pass mounts to each other; none comes from or goes to the host.
mount --make-rshared /

# What the components write to fixed places of the host goes to memory, and with them.
# /var/lib may hold the cluster's own folders: these are carried over.
mount -t tmpfs tmpfs /run
mkdir /run/live /run/binaries
mount --bind "$live" /run/live
mount --bind "$binaries" /run/binaries
for folder in /var/lib /var/log; do
  mount -t tmpfs tmpfs "$folder"
done
mkdir -p "$live" "$binaries"
mount --bind /run/live "$live"
mount --bind /run/binaries "$binaries"

# The kubelet's cAdvisor knows no other place for containerd's socket.
mkdir /run/containerd
ln -s "$live/containerd.sock" /run/containerd/containerd.sock

# Stand-ins for the settings that a kubelet insists on: those of the host stay as they are.
while IFS= read -r -d '' file; do
  mount --bind "$file" "/proc/sys/${file#"$live"/tuned/}"
done < <(find "$live/tuned" -type f -print0)

# Between pods too, traffic for a Service must pass the rules of kube-proxy.
bridge_setting=/proc/sys/net/bridge/bridge-nf-call-iptables
if [[ -e $bridge_setting ]]; then
  echo 1 >"$bridge_setting"
fi
echo 1 >/proc/sys/net/ipv4/ip_forward
ip link set lo up
ip address add "$node_address/32" dev lo

exec "$@"
