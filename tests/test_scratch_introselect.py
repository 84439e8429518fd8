"""The order of equal responses, against the C++ library that decides it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imagegroup.scratch import introselect


def test_retain_best_keeps_the_largest_and_their_equals():
    rng = np.random.default_rng(0)
    for _ in range(300):
        responses = rng.integers(0, rng.integers(1, 50), rng.integers(0, 80))
        n = int(rng.integers(0, 80))
        kept = introselect.retain_best(responses, n)
        assert len(set(kept.tolist())) == len(kept)
        cut = np.sort(responses)[::-1][n - 1] if 0 < n < len(responses) else -1
        expected = responses[responses >= cut] if n else []
        assert sorted(responses[kept]) == sorted(expected)


GCC_PROGRAM = """
#include <algorithm>
#include <iostream>
#include <vector>
int main() {
  size_t size, n; float value;
  while (std::cin >> size >> n) {
    std::vector<std::pair<float, int>> v;
    for (size_t i = 0; i < size; ++i) { std::cin >> value; v.push_back({value, (int)i}); }
    auto larger = [](const auto& a, const auto& b) { return a.first > b.first; };
    std::nth_element(v.begin(), v.begin() + n - 1, v.end(), larger);
    float cut = v[n - 1].first;
    auto end = std::partition(v.begin() + n, v.end(), [&](auto& a) { return a.first >= cut; });
    for (auto it = v.begin(); it != end; ++it) std::cout << it->second << ' ';
    std::cout << '\\n';
  }
}
"""


def killer(size: int) -> list[int]:
    """Values on which the median of three is always bad, so that the heap has to take over."""
    half = size // 2
    odd = [i + 1 if i % 2 == 0 else half + i + (half % 2 == 0) for i in range(half)]
    return [-value for value in odd + [2 * (i + 1) for i in range(half)]]


def test_order_equals_the_cpp_library(tmp_path: Path):
    if sys.platform != "linux" or shutil.which("g++") is None:
        pytest.skip("not on this machine: g++ and its C++ library, as OpenCV's Linux wheels have")
    (tmp_path / "order.cpp").write_text(GCC_PROGRAM)
    program = tmp_path / "order"
    subprocess.run(["g++", "-std=c++17", "-o", program, tmp_path / "order.cpp"], check=True)
    rng = np.random.default_rng(0)
    cases = [
        (killer(size), n) for size in (100, 1000, 3000) for n in (size // 2, size // 3, size - 5)
    ]
    for _ in range(1500):
        size = int(rng.integers(2, 200))
        values = rng.integers(0, rng.integers(1, 200), size).tolist()
        cases.append((values, int(rng.integers(1, size))))
    text = "\n".join(f"{len(values)} {n} {' '.join(map(str, values))}" for values, n in cases)
    answer = subprocess.run([program], input=text, capture_output=True, text=True, check=True)
    for (values, n), line in zip(cases, answer.stdout.splitlines(), strict=True):
        assert introselect.retain_best(np.array(values), n).tolist() == list(map(int, line.split()))
