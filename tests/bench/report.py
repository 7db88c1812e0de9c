# SPDX-License-Identifier: BSD-2-Clause
"""The tables."""

import cases


def print_table(heads, rows):
    """Columns as wide as needed, the first flush left."""
    cells = [heads] + rows
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    for row in cells:
        rest = (row[i].rjust(widths[i]) for i in range(1, len(row)))
        print("  " + "  ".join([row[0].ljust(widths[0]), *rest]))


def print_rows(heads, rows, cells_of):
    """The rows that have figures, then what was wrong with any."""
    print_table(heads, [cells_of(label, row) for label, row in rows.items() if len(row) > 1])
    for label, row in rows.items():
        if row["fault"]:
            print(f"  ! {label}: {row['fault']}")


def spread(values):
    return f"{min(values):.2f}-{max(values):.2f}"


TRAFFIC_HEADS = ("server", "CPU us/query", "least-most", "ratio", "qps", "p50 us", "p99 us",
                 "core", "others", "lost", "bytes")


def print_traffic(rows):
    """`ratio` is to the first row that has figures (ours, if it ran)."""
    base = next((row for row in rows.values() if len(row) > 1), None)

    def cells(label, row):
        return [label, f"{row['cpu_us']:.2f}", spread(row["cpu_us_rounds"]),
                f"{cases.ratio(row, base):.2f}", f"{row['qps'] / 1000:.0f}k",
                f"{row['p50_us']:.0f}", f"{row['p99_us']:.0f}", f"{row['core']:.0%}",
                f"{row['others']:.0%}", str(row["lost"]), f"{row['answer_bytes']:.0f}"]
    print_rows(TRAFFIC_HEADS, rows, cells)


LOADING_HEADS = ("server", "CPU s", "least-most", "first answer s", "MB", "MB empty", "MB peak",
                 "bytes/record")


def print_loading(rows):
    def cells(label, row):
        return [label, f"{row['cpu_s']:.2f}", spread(row["cpu_s_rounds"]),
                f"{row['answer_s']:.2f}", f"{row['pss'] / 1e6:.1f}",
                f"{row['pss_empty'] / 1e6:.1f}", f"{row['peak'] / 1e6:.1f}",
                f"{row['bytes_a_record']:.0f}"]
    print_rows(LOADING_HEADS, rows, cells)


def print_targets(targets):
    print("\nTargets")
    for target in targets:
        word = "PASS" if target.passed else "FAIL"
        value = target.fault or f"{target.value:.2f}"
        print(f"  {word}  {target.case}: {target.what}: {value} (at most {target.limit:g})")
