"""A network namespace that plays a node, with the agent in it, and everything that decides about packets there as text."""
import atexit
import json
import os
import shutil
import subprocess
import tempfile

AGENT = os.path.join(os.path.dirname(__file__), "../../lab-scripts/node/agent")
#: Compiled modules, for the runs of one test.
CACHE = tempfile.mkdtemp(prefix="podlab-agent-pyc-")
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
#: What changes by itself.
VOLATILE = ("timer", "valid_life_time", "preferred_life_time", "fdb_n_learned", "used", "updated")
SHOWN = ("ip -d -j address", "ip -d -j route show table all", "ip -j rule", "ip -6 -j rule", "ip -j neighbour show nud permanent", "bridge -j fdb", "tc -j qdisc")

STATE = {
    "version": 2,
    "lab": "test",
    "node": "host01",
    "kernel": {
        "interfaces": {
            "uplink": {"kind": "ethernet", "addresses": ["10.240.1.2/24", "fd00:1::2/64"], "mtu": 1500},
            "cbr0": {"kind": "bridge", "addresses": ["192.168.20.1/24", "fd00:20::1/64"], "mtu": 1450, "hairpin": True},
            "vxlan1": {
                "kind": "vxlan",
                "addresses": ["192.168.20.0/32"],
                "mtu": 1450,
                "mac": "02:42:c0:a8:14:00",
                "vxlan": {
                    "id": 1,
                    "port": 4789,
                    "local": "10.240.1.2",
                    "peers": {"192.168.30.0": {"mac": "02:42:c0:a8:1e:00", "vtep": "10.240.2.2"}},
                },
            },
        },
        "routes": {
            "default": {"via": "10.240.1.1", "dev": "uplink"},
            "default6": {"via": "fd00:1::1", "dev": "uplink"},
            "192.168.30.0/24": {"via": "192.168.30.0", "dev": "vxlan1", "onlink": True},
            "192.168.40.7/32": {"via": "10.240.1.9", "dev": "uplink"},
            "10.99.0.0/16": {"type": "blackhole"},
        },
        "iptables": {
            "nat": {
                "POSTROUTING": ["-s 192.168.20.0/24 -o uplink -j PODLAB-MASQ"],
                "PODLAB-MASQ": ["-d 10.0.0.0/8 -j RETURN", "-j MASQUERADE"],
            },
            "filter": {
                "FORWARD": ["-j PODLAB-POLICY"],
                "PODLAB-POLICY": ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-j PODLAB-TO"],
                "PODLAB-TO": [],
            },
        },
        "ip6tables": {"nat": {"POSTROUTING": ["-s fd00:20::/64 -j MASQUERADE"]}},
        "sysctls": {
            "net/ipv4/ip_forward": "1",
            "net/ipv4/conf/*/forwarding": "1",
            "net/ipv4/conf/*/rp_filter": "0",
            "net/ipv4/icmp_ratemask": "0",
            "net/ipv6/conf/all/forwarding": "1",
            "net/ipv6/conf/*/forwarding": "1",
            "net/ipv6/conf/cbr0/accept_dad": "0",
            "net/ipv6/conf/uplink/accept_ra": "0",
            "net/ipv6/conf/uplink/disable_ipv6": "0",
        },
    },
    "files": {"/etc/test.conf": {"lines": ["one", "two"]}, "/etc/test.json": {"json": {"a": [1]}}},
    "servers": {"80": "host01"},
    "pods": {},
}


class Node:
    """Its cable is called eth7, and comes with the first address, as Docker has it."""

    def __init__(self, name, plugged=True):
        self.name = f"pl-test-{os.getpid()}-{name}"
        self.root = tempfile.mkdtemp(prefix="podlab-agent-")
        self.peer = f"{self.name}-r"
        for one in (self.name, self.peer):
            _run("ip", "netns", "add", one)
        if plugged:
            self.plug()

    def plug(self):
        _run("ip", "-n", self.name, "link", "add", "eth7", "type", "veth", "peer", "name", "far", "netns", self.peer)
        _run("ip", "-n", self.peer, "link", "set", "far", "up")
        _run("ip", "-n", self.name, "address", "add", "10.240.1.2/24", "dev", "eth7")
        _run("ip", "-n", self.name, "link", "set", "eth7", "up")

    def remove(self):
        pids = _run("ip", "netns", "pids", self.name).split()
        for pid in pids:
            os.kill(int(pid), 9)
        for one in (self.name, self.peer):
            _run("ip", "netns", "del", one)
        shutil.rmtree(self.root)

    def sh(self, script):
        return _run("ip", "netns", "exec", self.name, "sh", "-ec", script)

    def start(self, *words):
        """The agent, running."""
        command = ["ip", "netns", "exec", self.name, "python3", "-S", "-m", "podlab_node", "--root", self.root, *words]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": AGENT, "PYTHONPYCACHEPREFIX": CACHE}
        return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def agent(self, *words, given=None):
        """@return exit code, lines on stdout, lines on stderr"""
        process = self.start(*words)
        out, err = process.communicate(json.dumps(given) if given is not None else "")
        return process.returncode, out.splitlines(), err.splitlines()

    def apply(self, state, generation=1):
        return self.agent("apply", "--generation", str(generation), given=state)

    def observe(self):
        code, out, err = self.agent("observe")
        if code != 0 or err:
            raise AssertionError(f"observe ended with {code}: {err}")
        return json.loads(out[0])

    def all(self):
        """Returns everything that decides about packets, a line each; a rule with its place in its chain."""
        lists = [line for line in self.sh("; ".join(SHOWN)).splitlines() if line.strip()]
        lines = [json.dumps(line) for one in lists for entry in json.loads(one) for line in _flat(_stable(entry))]
        for tool in ("iptables", "ip6tables"):
            places = {}
            for line in self.sh(f"{tool}-save").splitlines():
                if line.startswith("-A"):
                    chain = line.split(" ")[1]
                    places[chain] = places.get(chain, 0) + 1
                    lines.append(f"{tool} {places[chain]} {line}")
                elif line.startswith(":") and " ACCEPT " not in line:
                    lines.append(f"{tool} {line.partition(' [')[0]}")
        settings = "net/ipv4/conf net/ipv6/conf net/ipv4/ip_forward net/ipv4/icmp_ratemask net/ipv6/icmp net/bridge"
        lines += self.sh(f"cd /proc/sys; grep -r . {settings} 2> /dev/null | grep -v stable_secret").splitlines()
        return sorted(lines)


def _flat(entry):
    """An interface without its addresses, and each of those. What IPv6 does about link-local and anycast addresses, it does when it likes."""
    if str(entry.get("mac")).startswith("33:33:") or str(entry.get("dst")).startswith("fe80:") or entry.get("type") == "anycast":
        return []
    addresses = [[entry["ifname"], one["local"], one["prefixlen"], one["scope"]] for one in entry.get("addr_info", []) if one and one["scope"] != "link"]
    return [{key: value for key, value in entry.items() if key != "addr_info"}, *addresses]


def _stable(value):
    if isinstance(value, list):
        return [_stable(one) for one in value]
    if isinstance(value, dict):
        return {key: _stable(one) for key, one in value.items() if not any(word in key for word in VOLATILE)}
    return value


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout
