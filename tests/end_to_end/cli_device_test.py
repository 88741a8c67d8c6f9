"""How the maskmetrics command chooses its device.

Usage: cli_device_test.py COMMAND [unittest arguments]
"""

import unittest

from cli_command import TWELVE_LINES, CommandTest


class Device(CommandTest):
    def has_gpu(self):
        return self.eval("--device", "cuda").returncode == 0

    def test_cuda_without_a_gpu_is_an_error(self):
        done = self.eval("--device", "cuda")
        if done.returncode == 0:
            self.assertEqual(done.stdout, TWELVE_LINES)
            return
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^maskmetrics: error: device cuda:0 cannot be used: .*use device cpu\n$")

    def test_an_ordinal_that_is_not_there_is_an_error(self):
        done = self.eval("--device", "cuda:99")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"^maskmetrics: error: device cuda:99 cannot be used: .+\n$")

    def test_a_failed_device_leaves_no_output(self):
        done = self.eval("--device", "cuda:99", "--arrays", "arrays", "--output", "result.json")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.names(), ["dt.json", "gt.json", "masks.json"])

    def test_auto_always_works(self):
        done = self.eval("--device", "auto")
        self.assertEqual((done.returncode, done.stdout), (0, TWELVE_LINES))
        if not self.has_gpu():
            # Only a build with CUDA has something to say about its absence, and says it once.
            self.assertIn(done.stderr.count("ran on the CPU: "), (0, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
