#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh BUILD: the demo of `make run`. Starts the small backends and gslbd with the shipped gslb.json, prints
# what to try, and stops both on Ctrl-C or SIGTERM. Ends nothing but its own two children.
set -u
cd "${BASH_SOURCE%/*}/../.." || exit 1
build=${1:-build}
config=${GSLB_CONFIG:-gslb.json}
api=127.0.0.1:8053
children=()

stop()
{
    trap '' INT TERM
    local p
    # the server first: it must not see its backends die
    for p in "${children[@]}"; do
        kill -TERM "$p" 2>/dev/null
        wait "$p" 2>/dev/null
    done
    children=()
}
trap 'stop; echo; echo "demo: stopped"; exit 0' INT TERM

fail()
{
    echo "demo: $1" >&2
    stop
    exit 1
}

mkdir -p build/state 2>/dev/null # gslb.json's state_dir
"$build/demo-backends" &
backends=$!
children=("$backends")
"$build/gslbd" -c "$config" &
server=$!
children=("$server" "$backends")

ready=
for ((i = 0; i < 100; i++)); do
    kill -0 "$backends" 2>/dev/null || fail "the backends did not start (are their ports taken?)"
    kill -0 "$server" 2>/dev/null || fail "gslbd did not start"
    [ "$(curl --noproxy '*' -s -o /dev/null -w '%{http_code}' "http://$api/v1/ready")" = 200 ] && { ready=1; break; }
    sleep 0.1
done
[ -n "$ready" ] || fail "gslbd is not ready after 10 s"

cat <<TXT

gslbd answers on 127.0.0.1 port 5300; its API is http://$api. In another terminal, in this folder:

  answers rotate over the live backends (do it a few times)
    dig @127.0.0.1 -p 5300 www.example.test A +short
  kill a backend, and within a few seconds it leaves the answers; revive it, and it comes back
    curl -s -X POST http://127.0.0.1:8080/kill/127.0.0.12
    curl -s -X POST http://127.0.0.1:8080/revive/127.0.0.12
    curl -s http://127.0.0.1:8080/
  what the server thinks of its backends
    $build/gslbctl pools
    curl -s http://$api/v1/status
  take one out by hand, and give it back
    $build/gslbctl down 127.0.0.11 --reason "trying it out" --for 10m
    $build/gslbctl auto 127.0.0.11
  why an answer is what it is
    $build/gslbctl explain www.example.test A

Ctrl-C stops the demo.
TXT

# Either of them gone is the end of the demo.
wait -n "$server" "$backends"
fail "$(kill -0 "$server" 2>/dev/null && echo "the backends ended" || echo "gslbd ended")"
