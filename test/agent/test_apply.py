"""A new node gets its whole state at once, waits for its cable, keeps what it was told, and repairs what is stored."""
import copy
import hashlib
import json
import os
import socket
import time
import unittest

from node import STATE, Node


class Apply(unittest.TestCase):
    def setUp(self):
        self.node = Node("a", plugged=self._testMethodName != "test_cable")
        self.addCleanup(self.node.remove)

    def observed(self):
        return self.node.observe()["differences"]

    def test_everything_is_made_and_nothing_differs(self):
        code, out, err = self.node.apply(STATE, 7)
        self.assertEqual((code, err), (0, []))
        self.assertIn("added route 192.168.30.0/24: via 192.168.30.0 dev vxlan1 onlink", out)
        report = self.node.observe()
        self.assertEqual(report["differences"], [])
        self.assertEqual(report["digest"], hashlib.sha256(json.dumps(STATE).encode()).hexdigest())
        self.assertEqual((report["version"], report["node"], report["booted"], report["generation"], report["faults"]), (2, "host01", True, 7, []))
        self.assertIn('"server":"host01"', self.node.sh("curl -s http://127.0.0.1/"))

    def test_a_second_apply_does_nothing(self):
        self.node.apply(STATE)
        before = self.node.all()
        self.assertEqual(self.node.apply(STATE), (0, [], []))
        self.assertEqual(self.node.all(), before)

    def test_cable(self):
        """The state is applied before Docker plugs the node in, and Docker's default route goes."""
        process = self.node.start("apply", "--generation", "1")
        process.stdin.write(json.dumps(STATE))
        process.stdin.close()
        time.sleep(0.7)
        self.assertIsNone(process.poll(), "it does not wait for the cable")
        self.node.plug()
        self.node.sh("ip route add default via 10.240.1.254")
        process.stdin = None
        out, err = process.communicate(timeout=10)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertIn("changed route default: via 10.240.1.254 dev eth7 to via 10.240.1.1 dev eth7", out)
        self.assertEqual(self.observed(), [])

    def test_boot(self):
        """It applies what is stored, unless the node was told that since it started: both would be at it at once."""
        self.assertEqual(self.node.agent("boot"), (0, [], []))
        self.node.apply(STATE)
        self.node.sh("ip route del 10.99.0.0/16")
        self.assertEqual(self.node.agent("boot"), (0, [], []))
        os.remove(f"{self.node.root}/run/podlab/ready")
        self.assertEqual(self.node.agent("boot"), (0, ["added route 10.99.0.0/16: blackhole"], []))
        self.assertEqual(self.observed(), [])

    def test_a_new_interface_has_its_settings_before_it_comes_up(self):
        """Else IPv6 would look for another owner of its link-local address first, and forward nothing there for up to two seconds."""
        self.node.apply(STATE)
        self.assertEqual(self.node.sh("ip -6 -brief address show dev cbr0 tentative"), "")

    def test_another_state(self):
        self.node.apply(STATE)
        other = copy.deepcopy(STATE)
        del other["kernel"]["interfaces"]["vxlan1"], other["kernel"]["routes"]["192.168.30.0/24"], other["files"]["/etc/test.conf"]
        other["servers"] = {"81": "other"}
        other["kernel"]["iptables"] = {}
        code, out, err = self.node.apply(other)
        self.assertEqual((code, err), (0, []))
        self.assertIn("removed interface vxlan1: vxlan", out)
        self.assertIn("removed file /etc/test.conf", out)
        self.assertEqual(self.observed(), [])
        self.assertEqual(self.node.sh("iptables-save | grep -e -A || true"), "")
        self.assertIn('"server":"other"', self.node.sh("curl -s http://127.0.0.1:81/"))
        self.assertEqual(self.node.sh("curl -s --max-time 1 http://127.0.0.1/ || echo gone"), "gone\n")

    def test_what_cannot_be_made_is_said(self):
        other = copy.deepcopy(STATE)
        other["kernel"]["routes"]["10.77.0.0/16"] = {"via": "172.31.9.9", "dev": "uplink"}
        code, _, err = self.node.apply(other)
        self.assertEqual(code, 1)
        self.assertEqual(err, ["route 10.77.0.0/16: wanted via 172.31.9.9 dev eth7, found nothing (Error: Nexthop has invalid gateway.)"])
        report = self.node.observe()
        self.assertIsNone(report["generation"])
        self.assertEqual([one["subject"] for one in report["differences"]], ["route 10.77.0.0/16"])

    def test_stored_state(self):
        """One that is gone, or can't be read, is told; the same state mends it."""
        self.node.apply(STATE)
        path = f"{self.node.root}/var/lib/podlab/state.json"
        for content in (None, "", "{"):
            os.remove(path)
            if content is not None:
                with open(path, "w") as file:
                    file.write(content)
            report = self.node.observe()
            self.assertIsNone(report["digest"])
            self.assertEqual([one["subject"] for one in report["differences"]], ["stored state /var/lib/podlab/state.json"])
            self.assertEqual(self.node.agent("apply", "--stored")[0], 1)
            self.assertEqual(self.node.apply(STATE)[0], 0)
            self.assertEqual(self.observed(), [])

    def test_stored_state_edited(self):
        """It is valid, and the kernel may even be made to follow it: that is told, and the same state as before mends it."""
        self.node.apply(STATE, 3)
        path = f"{self.node.root}/var/lib/podlab/state.json"
        with open(path) as file:
            edited = file.read().replace("10.240.1.9", "10.240.1.77")
        with open(path, "w") as file:
            file.write(edited)
        told = [{"namespace": socket.gethostname(), "subject": "stored state /var/lib/podlab/state.json", "wanted": "as it was told", "found": "it edited since"}]
        self.assertEqual(self.observed(), told)
        self.assertEqual(self.node.agent("apply", "--stored")[1], ["changed route 192.168.40.7/32: via 10.240.1.9 dev eth7 to via 10.240.1.77 dev eth7"])
        self.assertEqual(self.observed(), told)
        self.assertEqual(self.node.observe()["generation"], 3)
        self.assertEqual(self.node.apply(STATE, 4)[0], 0)
        self.assertEqual(self.observed(), [])
        self.assertIn("via 10.240.1.9 ", self.node.sh("ip route show 192.168.40.7"))

    def test_files(self):
        self.node.apply(STATE)
        path = f"{self.node.root}/etc/test.conf"
        with open(path, "a") as file:
            file.write("three\n")
        self.assertEqual(self.observed(), [{"namespace": "host01", "subject": "file /etc/test.conf", "wanted": "as in the plan", "found": "a line 'three'"}])
        self.node.apply(STATE)
        with open(path) as file:
            self.assertEqual(file.read(), "one\ntwo\n")

    def test_a_server_that_ended(self):
        self.node.apply(STATE)
        with open(f"{self.node.root}/run/podlab/server-80.pid") as file:
            os.kill(int(file.read()), 9)
        time.sleep(0.1)
        self.assertEqual([one["subject"] for one in self.observed()], ["server on port 80"])
        self.assertEqual(self.node.apply(STATE), (0, ["added server on port 80: host01"], []))

    def test_stored_is_applied_again(self):
        self.node.apply(STATE, 4)
        self.node.sh("ip route del default; iptables -t nat -F")
        code, out, _ = self.node.agent("apply", "--stored")
        self.assertEqual(code, 0)
        self.assertTrue(out)
        report = self.node.observe()
        self.assertEqual((report["differences"], report["generation"]), ([], 4))

    def test_boot(self):
        """A node that has nothing stored is ready at once."""
        self.assertEqual(self.node.agent("boot")[0], 0)
        self.assertTrue(self.node.observe()["booted"])

    def test_faults_are_undone(self):
        self.node.apply(STATE)
        folder = f"{self.node.root}/var/lib/podlab/faults"
        os.makedirs(folder)
        for number, name in ((1, "first"), (2, "second")):
            with open(f"{folder}/{number}.fault", "w") as file:
                file.write(f"# podlab: fault {name} host01\necho {name} $1 >> {self.node.root}/undone\n")
        self.assertEqual(self.node.observe()["faults"], ["second host01", "first host01"])
        self.assertEqual(self.node.apply(STATE), (0, ["undid fault second host01", "undid fault first host01"], []))
        with open(f"{self.node.root}/undone") as file:
            self.assertEqual(file.read(), "second undo\nfirst undo\n")
        self.assertEqual(self.node.observe()["faults"], [])

    def test_docker_name_server_is_left_alone(self):
        """Its chains in the table nat lead queries for 127.0.0.11 to it."""
        script = "iptables -t nat -N DOCKER_OUTPUT; iptables -t nat -A OUTPUT -d 127.0.0.11 -j DOCKER_OUTPUT; iptables -t nat -A DOCKER_OUTPUT -p udp -j DNAT --to 127.0.0.11:40000"
        self.node.sh(script)
        self.node.apply(STATE)
        self.assertEqual(self.observed(), [])
        self.node.sh("iptables -t nat -A OUTPUT -d 1.2.3.4 -j ACCEPT")
        self.assertEqual(self.node.apply(STATE), (0, ["removed iptables nat rule of OUTPUT: -d 1.2.3.4/32 -j ACCEPT"], []))
        self.assertIn("-A DOCKER_OUTPUT -p udp -j DNAT --to-destination 127.0.0.11:40000", self.node.sh("iptables-save"))
        self.assertIn("-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT", self.node.sh("iptables-save"))

    def test_state_is_printed(self):
        self.node.apply(STATE)
        self.assertEqual(json.loads("\n".join(self.node.agent("state")[1])), STATE)


if __name__ == "__main__":
    unittest.main()
