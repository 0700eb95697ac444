"""Change the code in a single place, run the tests of that module, and see whether they notice; many times.

Vi: Thử sửa sai mã nguồn từng chỗ một, xem bộ kiểm thử có phát hiện không.

Which modules are tested, by which tests, and which mutations change nothing that counts, is in `tests/mutations.toml`.
"""

import argparse
import hashlib
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from commands.developers.mutation.find import Mutation, mutations
from commands.developers.mutation.laboratory import Chosen, Laboratory, Result
from commands.developers.mutation.subject import DECLARED, ROOT, equivalents, subjects
from commands.install.terminal import ProgressBar, table_lines, terminal_line

WANTED = 0.95
"""The share of mutations that count and that the tests have to notice."""


def main(arguments: list[str]) -> int:
    """Test mutations; 0 if enough are noticed."""
    parser = argparse.ArgumentParser(
        prog="./ioc mutations", description="Bộ kiểm thử có phát hiện lỗi không | do the tests notice?"
    )
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help="mô-đun, mặc định: mọi mô-đun thuần | default: all declared"
    )
    parser.add_argument("--sample", type=int, default=150, help="số lần thử | how many mutations (150)")
    parser.add_argument("--all", action="store_true", help="thử tất cả | every mutation")
    parser.add_argument("--seed", type=int, default=1, help="hạt giống của mẫu | seed of the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="số tiến trình | how many at a time")
    parser.add_argument("--list", action="store_true", help="chỉ liệt kê | only list them")
    options = parser.parse_args(arguments)
    known = {subject.module: subject for subject in subjects()}
    wrong = [module for module in options.modules if module not in known]
    if wrong:
        parser.error(f"{', '.join(wrong)}: không có trong | not in {DECLARED.relative_to(ROOT)}")
    chosen_subjects = [subject for name, subject in known.items() if not options.modules or name in options.modules]
    void = {one[:3] for one in equivalents()}
    sources = {subject.module: (ROOT / subject.path).read_bytes() for subject in chosen_subjects}
    every = [
        (subject, mutation)
        for subject in chosen_subjects
        for mutation in mutations(subject.module, sources[subject.module].decode())
        if mutation.key not in void
    ]
    chosen = every if options.all or options.sample >= len(every) else sample(every, options.sample, options.seed)
    if options.list:
        for _, mutation in chosen:
            terminal_line(f"{mutation.module}:{mutation.line} {mutation.function}: {mutation.change}")
        return 0
    with tempfile.TemporaryDirectory(prefix="ioc-mutations-") as folder, ProgressBar() as progress:
        laboratory = Laboratory(Path(folder), min(options.processes, len(chosen)), sources)
        laboratory.test(chosen, progress)
    return mutation_report(laboratory.results, void)


def sample(every: Chosen, count: int, seed: int) -> Chosen:
    """Some of them, in order; an edit of one module does not change what is taken of the others."""

    def place(one: tuple[object, Mutation]) -> bytes:
        return hashlib.sha256(repr((seed, one[1].key)).encode()).digest()

    taken = set(sorted(map(place, every))[:count])
    return [one for one in every if place(one) in taken]


def mutation_report(results: dict[Mutation, Result], void: Iterable[tuple[str, str, str]]) -> int:
    """Tell what was not noticed, and the counts by module; 1 if it is too much."""
    for mutation in sorted(mutation for mutation, result in results.items() if result == "unnoticed"):
        terminal_line(f"{mutation.module}:{mutation.line} {mutation.function}: {mutation.change}")
    listed = Counter(module for module, *_ in void)
    by_module: defaultdict[str, Counter[Result]] = defaultdict(Counter)
    for mutation, result in results.items():
        by_module[mutation.module][result] += 1
    rows = [
        [module, counts.total(), counts["noticed"], counts["too slow"], counts["unnoticed"], listed[module]]
        for module, counts in sorted(by_module.items())
    ]
    total = Counter(results.values())
    rows.append(
        ["", total.total(), total["noticed"], total["too slow"], total["unnoticed"], sum(listed[m] for m in by_module)]
    )
    print(table_lines(["module", "mutations", "noticed", "too slow", "unnoticed", "listed as equivalent"], rows))
    share = 1 - total["unnoticed"] / max(total.total(), 1)
    print(f"{share:.1%} bị phát hiện | noticed; cần | wanted: {WANTED:.0%}")
    return int(share < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
