import { defineConfig } from "vitest/config";

/** Cheapest first. Real labs one after the other: two at once would share two processors and measure each other. */
const project = (name: string, groupOrder: number, more: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], sequence: { groupOrder }, ...more },
});

const LABS = {
  globalSetup: "test/lab/leftovers.ts",
  fileParallelism: false,
  testTimeout: 180_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    reporters: process.env.CI || !process.stdout.isTTY ? ["verbose"] : ["default"],
    projects: [
      project("unit", 0, { testTimeout: 60_000, hookTimeout: 60_000 }),
      project("program", 1, { testTimeout: 30_000 }),
      project("browser", 1, { testTimeout: 60_000, hookTimeout: 60_000 }),
      project("netns", 2, { fileParallelism: false, maxConcurrency: 12, testTimeout: 60_000, hookTimeout: 60_000 }),
      // The long run has a command of its own: npm run test:differential.
      ...(process.env.PODLAB_DIFFERENTIAL ? [project("differential", 0, { testTimeout: 3_600_000 })] : []),
      // What only a release needs, some minutes of image builds and other languages' SDKs: npm run test:release.
      ...(process.env.PODLAB_RELEASE ? [project("release", 0, LABS)] : []),
      project("lab", 3, LABS),
    ],
  },
});
