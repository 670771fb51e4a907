import { Lab } from "podlab";

/** As many hosts as there are teams, each with a pod for its API and one for its database. */
const teams = ["red", "blue"];

const lab = new Lab("teams", {
  hosts: teams.map((name) => ({ name, pods: [{ name: "api" }, { name: "db" }] })),
});

export const { pods, routes, passed, report } = lab;
