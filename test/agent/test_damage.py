"""Whatever is done to a node's namespace is told, with what was wanted and what was found, and repaired by one apply; nothing else is touched."""
import unittest

from node import STATE, Node

#: What is done, and what `observe` then tells: subject, wanted, found. More may follow from it.
DAMAGES = {
    "an INPUT rule": ("iptables -A INPUT -p tcp --dport 80 -j DROP", "iptables filter rule of INPUT", "nothing", "-p tcp -m tcp --dport 80 -j DROP"),
    "a mangle rule": ("iptables -t mangle -A PREROUTING -s 1.2.3.4 -j DROP", "iptables mangle rule of PREROUTING", "nothing", "-s 1.2.3.4/32 -j DROP"),
    "a raw rule": ("iptables -t raw -A OUTPUT -j NOTRACK", "iptables raw rule of OUTPUT", "nothing", None),
    "a rule of the older tables": ("iptables-legacy -A INPUT -s 1.2.3.4 -j DROP", "iptables-legacy filter rule of INPUT", "nothing", "-s 1.2.3.4/32 -j DROP"),
    "a rule of IPv6": ("ip6tables -A FORWARD -j DROP", "ip6tables filter rule of FORWARD", "nothing", "-j DROP"),
    "a rule that is gone": ("iptables -t nat -D PODLAB-MASQ -d 10.0.0.0/8 -j RETURN", "iptables nat rule of PODLAB-MASQ", "-d 10.0.0.0/8 -j RETURN", "nothing"),
    "rules in another order": (
        "iptables -t nat -D PODLAB-MASQ -j MASQUERADE; iptables -t nat -I PODLAB-MASQ -j MASQUERADE",
        "iptables nat order of PODLAB-MASQ",
        "-d 10.0.0.0/8 -j RETURN; -j MASQUERADE",
        "-j MASQUERADE; -d 10.0.0.0/8 -j RETURN",
    ),
    "a rule twice": ("iptables -I FORWARD -j PODLAB-POLICY", "iptables filter rule of FORWARD", "nothing", "-j PODLAB-POLICY"),
    "a chain": ("iptables -N MINE", "iptables filter chain MINE", "nothing", "an empty chain"),
    "all rules gone": ("iptables -t nat -F; iptables -t nat -X", "iptables nat rule of PODLAB-MASQ", "-j MASQUERADE", "nothing"),
    "an empty chain gone": ("iptables -F PODLAB-POLICY; iptables -X PODLAB-TO", "iptables filter chain PODLAB-TO", "an empty chain", "nothing"),
    "policy DROP": ("iptables -P FORWARD DROP", "iptables filter policy of FORWARD", "ACCEPT", "DROP"),
    "forwarding off": ("echo 0 > /proc/sys/net/ipv4/ip_forward", "sysctl net/ipv4/ip_forward", "1", "0"),
    "forwarding off on the bridge": ("echo 0 > /proc/sys/net/ipv4/conf/cbr0/forwarding", "sysctl net/ipv4/conf/cbr0/forwarding", "1", "0"),
    "reverse path filter": ("echo 1 > /proc/sys/net/ipv4/conf/eth7/rp_filter", "sysctl net/ipv4/conf/eth7/rp_filter", "0", "1"),
    "the connected route replaced": (
        "ip route replace 192.168.20.0/24 via 10.240.1.1",
        "route 192.168.20.0/24",
        "dev cbr0 proto kernel scope link src 192.168.20.1",
        "via 10.240.1.1 dev eth7",
    ),
    "another next hop": ("ip route replace default via 10.240.1.99", "route default", "via 10.240.1.1 dev eth7", "via 10.240.1.99 dev eth7"),
    "a second default route": ("ip route add default via 10.240.1.99 metric 5", "route default", "nothing", "via 10.240.1.99 dev eth7 metric 5"),
    "a route gone": ("ip route del 192.168.30.0/24", "route 192.168.30.0/24", "via 192.168.30.0 dev vxlan1 onlink", "nothing"),
    "a blackhole gone": ("ip route del blackhole 10.99.0.0/16", "route 10.99.0.0/16", "blackhole", "nothing"),
    "a route of several": (
        "ip route replace default nexthop via 10.240.1.1 nexthop via 10.240.1.99",
        "route default",
        "via 10.240.1.1 dev eth7",
        None,
    ),
    "another route of IPv6": ("ip -6 route add fd00:77::/64 via fd00:1::9", "route fd00:77::/64", "nothing", "via fd00:1::9 dev eth7"),
    "no default route of IPv6": ("ip -6 route del default", "route default", "via fd00:1::1 dev eth7", "nothing"),
    "a connected route of IPv6 gone": ("ip -6 route del fd00:20::/64 dev cbr0", "route fd00:20::/64", "dev cbr0 proto kernel metric 256", "nothing"),
    "an unreachable one": ("ip route add unreachable 8.8.8.8", "route 8.8.8.8/32", "nothing", "unreachable"),
    "a second address": ("ip address add 192.168.20.9/24 dev cbr0", "address of cbr0", "nothing", "192.168.20.9/24"),
    "an address of IPv6": ("ip address add fd00:66::9/64 dev eth7 nodad", "address of eth7", "nothing", "fd00:66::9/64"),
    "an address on lo": ("ip address add 8.8.8.8/32 dev lo", "address of lo", "nothing", "8.8.8.8/32"),
    "another prefix length": ("ip address del 192.168.20.1/24 dev cbr0; ip address add 192.168.20.1/16 dev cbr0", "address of cbr0", "nothing", "192.168.20.1/16"),
    "an address gone": ("ip address flush dev cbr0", "address of cbr0", "192.168.20.1/24", "nothing"),
    "the cable's address gone": ("ip address flush dev eth7", "address of eth7", "10.240.1.2/24", "nothing"),
    "a route in another table": (
        "ip route add 192.168.30.0/24 via 10.240.1.99 table 100; ip rule add to 192.168.30.0/24 lookup 100",
        "route 192.168.30.0/24 of table 100",
        "nothing",
        "via 10.240.1.99 dev eth7 table 100",
    ),
    "a rule": ("ip rule add from 10.9.0.0/16 fwmark 0x5/0xff lookup 100 priority 7", "rule", "nothing", "7: from 10.9.0.0/16 fwmark 0x5/0xff lookup 100"),
    "a rule that drops": ("ip rule add from 192.168.20.2 blackhole", "rule", "nothing", "32765: from 192.168.20.2 blackhole"),
    "a rule of IPv6 policy": ("ip -6 rule add from fd00:20::/64 lookup 100", "IPv6 rule", "nothing", "32765: from fd00:20::/64 lookup 100"),
    "no rule for main": ("ip rule del lookup main", "rule", "32766: from all lookup main", "nothing"),
    "a queue": ("tc qdisc add dev eth7 root tbf rate 1mbit burst 10kb latency 50ms", "qdisc of eth7", "nothing", None),
    "a place for filters": ("tc qdisc add dev cbr0 clsact", "qdisc of cbr0", "nothing", "clsact ffff:"),
    "a permanent neighbour": (
        "ip neighbour add 192.168.20.2 lladdr 02:00:00:00:00:99 nud permanent dev cbr0",
        "neighbour 192.168.20.2 on cbr0",
        "nothing",
        "lladdr 02:00:00:00:00:99",
    ),
    "another neighbour": (
        "ip neighbour replace 192.168.30.0 lladdr 02:00:00:00:00:99 nud permanent dev vxlan1",
        "neighbour 192.168.30.0 on vxlan1",
        "lladdr 02:42:c0:a8:1e:00",
        "lladdr 02:00:00:00:00:99",
    ),
    "a proxy": ("ip neighbour add proxy 10.240.1.77 dev eth7", "neighbour 10.240.1.77 on eth7", "nothing", "proxy"),
    "another host behind the tunnel": (
        "bridge fdb replace 02:42:c0:a8:1e:00 dev vxlan1 dst 10.240.3.2 self permanent",
        "FDB entry 02:42:c0:a8:1e:00 on vxlan1",
        "dst 10.240.2.2",
        "nothing",
    ),
    "a flood entry": ("bridge fdb append 00:00:00:00:00:00 dev vxlan1 dst 10.240.3.2", "FDB entry 00:00:00:00:00:00 on vxlan1", "nothing", "dst 10.240.3.2"),
    "the bridge down": ("ip link set cbr0 down", "interface cbr0", "up", "down"),
    "the cable down": ("ip link set eth7 down", "interface eth7", "up", "down"),
    "lo down": ("ip link set lo down", "interface lo", "up", "down"),
    "a foreign bridge": ("ip link add br7 type bridge", "interface br7", "nothing", "bridge"),
    "a foreign pair": ("ip link add one type veth peer name two", "interface one", "nothing", "veth"),
    "another MTU": ("ip link set eth7 mtu 1400", "mtu of eth7", "1500", "1400"),
    "another MTU of the bridge": ("ip link set cbr0 mtu 1280", "mtu of cbr0", "1450", "1280"),
    "another MAC address": ("ip link set vxlan1 address 02:00:00:00:00:01", "MAC address of vxlan1", "02:42:c0:a8:14:00", "02:00:00:00:00:01"),
    "the bridge gone": ("ip link del cbr0", "interface cbr0", "bridge", "nothing"),
    "a rule of ebtables": ("ebtables -A FORWARD -p ARP -j DROP", "nft table bridge filter", "nothing", "there"),
    "a rule of arptables": ("arptables -A INPUT -j DROP", "nft table arp filter", "nothing", "there"),
    "a route in the table local": ("ip route add prohibit 10.77.0.0/16 table local", "route 10.77.0.0/16 of table local", "nothing", "prohibit table local"),
    "another tunnel": (
        "ip link del vxlan1; ip link add vxlan1 type vxlan id 2 local 10.240.1.2 dstport 4789 nolearning",
        "interface vxlan1",
        "vxlan id 1 local 10.240.1.2 dstport 4789 nolearning",
        "vxlan id 2 local 10.240.1.2 dstport 4789 nolearning",
    ),
    "a spanning tree": ("ip link set cbr0 type bridge stp_state 1", "stp_state of cbr0", "0", "1"),
    "the cable in the bridge": ("ip link set eth7 master cbr0", "master of eth7", "nothing", "cbr0"),
    "ARP off": ("ip link set eth7 arp off", "ARP of eth7", "on", "off"),
    "IPv6 off": ("echo 1 > /proc/sys/net/ipv6/conf/eth7/disable_ipv6", "sysctl net/ipv6/conf/eth7/disable_ipv6", "0", "1"),
}
#: Made anew, an interface has another number; a bridge chooses another MAC address, and other numbers for a spanning tree.
MADE_ANEW = ("the bridge gone", "another tunnel", "the cable in the bridge", "a spanning tree")


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = Node("d")
        cls.addClassCleanup(cls.node.remove)
        code, _, err = cls.node.apply(STATE)
        if code != 0:
            raise AssertionError("\n".join(err))

    def repaired(self, what):
        script, subject, wanted, found = DAMAGES[what]
        before = self.node.all()
        self.node.sh(script)
        told = self.node.observe()["differences"]
        here = [one for one in told if one["subject"] == subject and one["wanted"] == wanted and found in (one["found"], None)]
        self.assertTrue(here, f"not told: {told}")
        self.assertEqual({one["namespace"] for one in told}, {"host01"})
        code, out, err = self.node.apply(STATE, 2)
        self.assertEqual((code, err), (0, []))
        self.assertTrue(out)
        report = self.node.observe()
        self.assertEqual((report["differences"], report["generation"]), ([], 2))
        if what in MADE_ANEW:
            self.node.sh("ip link delete cbr0")
            self.node.apply(STATE)
        else:
            after = self.node.all()
            gone = [one for one in before if one not in after]
            self.assertEqual((gone, [one for one in after if one not in before]), ([], []))


def _test(what):
    return lambda self: self.repaired(what)


for _what in DAMAGES:
    setattr(Damage, "test_" + _what.replace(" ", "_").replace("'", ""), _test(_what))

if __name__ == "__main__":
    unittest.main()
