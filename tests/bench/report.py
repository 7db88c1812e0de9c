# SPDX-License-Identifier: BSD-2-Clause
"""The tables."""


def print_table(heads, rows):
    """Columns as wide as needed, the first flush left."""
    cells = [heads] + rows
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    for row in cells:
        rest = (row[i].rjust(widths[i]) for i in range(1, len(row)))
        print("  " + "  ".join([row[0].ljust(widths[0]), *rest]))


TRAFFIC_HEADS = ("server", "CPU us/query", "least-most", "ratio", "qps", "p50 us", "p99 us",
                 "core", "others", "lost", "bytes")


def traffic_row(label, row, base):
    if "cpu_us" not in row:
        return [label, row["fault"]] + [""] * (len(TRAFFIC_HEADS) - 2)
    return [label, f"{row['cpu_us']:.2f}",
            f"{min(row['cpu_us_rounds']):.2f}-{max(row['cpu_us_rounds']):.2f}",
            f"{row['cpu_us'] / base:.2f}", f"{row['qps'] / 1000:.0f}k", f"{row['p50_us']:.0f}",
            f"{row['p99_us']:.0f}", f"{row['core']:.0%}", f"{row['others']:.0%}",
            f"{row['lost']}", f"{row['answer_bytes']:.0f}"]


def print_traffic(rows):
    """`ratio` is to the first row that has a figure (ours, if it ran)."""
    base = next((row["cpu_us"] for row in rows.values() if "cpu_us" in row), 1.0)
    print_table(TRAFFIC_HEADS, [traffic_row(label, row, base) for label, row in rows.items()])
    for label, row in rows.items():
        if "cpu_us" in row and row["fault"]:
            print(f"  {label}: {row['fault']}")


LOADING_HEADS = ("server", "CPU s", "first answer s", "MB", "MB empty", "MB peak",
                 "bytes/record")


def loading_row(label, row):
    if "cpu_s" not in row:
        return [label, row["fault"]] + [""] * (len(LOADING_HEADS) - 2)
    return [label, f"{row['cpu_s']:.2f}", f"{row['answer_s']:.2f}", f"{row['pss'] / 1e6:.1f}",
            f"{row['pss_empty'] / 1e6:.1f}", f"{row['peak'] / 1e6:.1f}",
            f"{row['bytes_a_record']:.0f}"]


def print_loading(rows):
    print_table(LOADING_HEADS, [loading_row(label, row) for label, row in rows.items()])


def print_targets(targets):
    print("\nTargets")
    for target in targets:
        word = "PASS" if target.passed else "FAIL"
        value = target.fault or f"{target.value:.2f}"
        print(f"  {word}  {target.case}: {target.what}: {value} (at most {target.limit:g})")
