/** The smallest lab there is, for tests of what has nothing to do with its content. */
export function oneHost(where: { readonly segment: string; readonly internet: string }) {
  const pods = [{ name: "web", containers: [{ name: "app", ports: [{ containerPort: 8080 }] }] }];
  return {
    internet: { subnet: where.internet },
    hosts: [{ name: "host01", segment: where.segment, podSubnet: "192.168.20.0/24", pods }],
  };
}
