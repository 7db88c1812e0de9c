#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make.sh >ipvsadm.txt: what ipvsadm 1.31 prints for table.ipvsadm and some more tables. Run as root in
# a network namespace of its own: the IPVS table there is flushed.
cd "$(dirname "$0")" || exit 1
ip link add d0 type dummy && ip link set d0 up
ip addr add 10.0.0.1/8 dev d0
ip addr add 192.0.2.1/32 dev lo
ip route add default dev d0
modprobe ip_vs_pe_sip 2>/dev/null
ipvsadm-restore <table.ipvsadm
# One connection that nobody accepts, for a few numbers.
bash -c 'exec 3<>/dev/tcp/192.0.2.1/80' 2>/dev/null
sleep 3
for option in "" --stats --rate --thresholds --persistent-conn --tun-info --timeout; do
    echo "== list$option"
    ipvsadm -Ln $option
done
echo "== save"
ipvsadm-save -n
ipvsadm -C
ipvsadm -A -f 4000000000 -s ovf
echo "== list of a large mark"
ipvsadm -Ln
echo "== save of a large mark"
ipvsadm-save -n
ipvsadm -C
for option in "" --stats --rate --thresholds --persistent-conn --tun-info; do
    echo "== empty$option"
    ipvsadm -Ln $option
done
ipvsadm --start-daemon master --mcast-interface d0 --sync-maxlen 1200 --mcast-group 224.0.0.99 \
    --mcast-port 9000 --mcast-ttl 2
ipvsadm --start-daemon backup --mcast-interface d0 --syncid 4 --mcast-group ff02::81
echo "== daemons"
ipvsadm -L --daemon
echo "== end"
