#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# includes.sh [ROOT]: which folder may include which, and where third-party headers may stand. The tables
# below are the law; a new line here is a decision about the architecture.
set -euo pipefail
. "${BASH_SOURCE%/*}/files.sh"
root=${1:-.}

files "$root" '*.c' '*.h' | (cd "$root" && xargs -r -d '\n' grep -HnE '^[ \t]*#[ \t]*include' || true) |
awk '
BEGIN {
    # folder -> folders whose headers it may include
    room["base"]     = " base "
    room["zones"]    = " base zones "
    room["health"]   = " base health "
    room["resolver"] = " base zones resolver "
    room["ipvs"]     = " base health ipvs "
    room["ctl"]      = " base ipvs ctl "
    room["server"]   = " base zones health resolver ipvs server "
    room["tests"]    = " base zones health resolver ipvs server ctl tests "

    # third-party header -> files that may include it (tests may include all)
    third["^jansson\\.h$"]          = "^(base/(schema|json)\\.[ch]|ipvs/json\\.[ch]|server/[^/]*|ctl/[^/]*)$"
    third["^ldns/"]                 = "^zones/rdata\\.c$"
    third["^maxminddb"]             = "^resolver/geo\\.c$"
    third["^curl/"]                 = "^(health/check_http\\.c|health/http_[^/]*|ctl/[^/]*)$"
    third["^microhttpd\\.h$"]       = "^server/http[^/]*$"
    third["^uv\\.h$"]               = "^(health/prober\\.[ch]|health/check[^/]*|health/http_[^/]*|server/[^/]*)$"
    third["^openssl/"]              = "^server/[^/]*$"
    third["^check\\.h$"]            = "^$"
    third["^(netlink|libmnl)/"]     = "^ipvs/[^/]*$"
}
function bad(what) { print file ":" line ": " what; failed = 1 }
{
    split($0, part, ":"); file = part[1]; line = part[2]
    folder = file; sub("/.*", "", folder)
    if (!(folder in room)) { bad("this folder is not in the table of tests/lint/includes.sh"); next }
    text = $0; sub(/^[^:]*:[^:]*:/, "", text)
    if (match(text, /"[^"]*"/)) {
        header = substr(text, RSTART + 1, RLENGTH - 2)
        if (header !~ "/") { bad("\"" header "\": name the folder, \"" folder "/" header "\""); next }
        if (header ~ /\.\./) { bad("\"" header "\": no .. in an include"); next }
        target = header; sub("/.*", "", target)
        if (index(room[folder], " " target " ") == 0) bad(folder " may not include \"" header "\"")
        if (header ~ /\.c$/ && folder != "tests") bad("a .c file is not included")
    } else if (match(text, /<[^>]*>/)) {
        header = substr(text, RSTART + 1, RLENGTH - 2)
        for (t in third)
            if (header ~ t && folder != "tests" && file !~ third[t])
                bad("<" header "> may not be included here")
    }
}
END { exit failed }'
