#!/usr/bin/env node
// `npx podlab`, of the npm package and in a clone: labs are the folder's where it is run. (`npm start` builds the clone's own.)
import { existsSync } from "node:fs";

process.env.PODLAB_HOME ||= process.cwd();
const isClone = existsSync(new URL("../infra/home.ts", import.meta.url));
await import(isClone ? "../lab-scripts/podlab.mjs" : "../dist/lab-scripts/podlab.mjs");
