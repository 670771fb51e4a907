/** The lab that damage.ts speaks of: two pods side by side, so that one can be seen untouched, and one on another host. */
export const NAME = "test-recovery";

export const SPEC = {
  internet: { subnet: "198.51.100.192/27" },
  hosts: [
    { name: "host01", segment: "10.239.1.0/24", podSubnet: "192.168.20.0/24", pods: [{ name: "web" }, { name: "db" }] },
    { name: "host02", segment: "10.239.2.0/24", podSubnet: "192.168.30.0/24", pods: [{ name: "web" }] },
  ],
};
