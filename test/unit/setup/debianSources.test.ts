import { expect, test } from "vitest";
import { type AptIndex, debianSources, isDebian } from "../../../lab-scripts/setup/debian.ts";

const index = (origin: string, label: string, uri: string, component = "main"): AptIndex => ({
  origin,
  label,
  component,
  uri,
});
const mirror = index("Debian", "Debian", "http://mirror.test/debian/");
const security = index("Debian", "Debian-Security", "http://mirror.test/debian-security/");
const KEY = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";

test("takes Debian's mirrors once each, with updates and security", () => {
  expect(debianSources([mirror, mirror, security], "bookworm")).toEqual([
    `deb ${KEY} http://mirror.test/debian/ bookworm main`,
    `deb ${KEY} http://mirror.test/debian/ bookworm-updates main`,
    `deb ${KEY} http://mirror.test/debian-security/ bookworm-security main`,
  ]);
});

test("leaves out what others sign, and components other than main", () => {
  const foreign = [
    index("Docker", "Docker CE", "https://third.test/linux/debian/", "stable"),
    index("", "", "https://unknown.test/"),
    index("Debian", "Debian", "http://mirror.test/other/", "non-free"),
    index("Debian Backports", "Debian Backports", "http://mirror.test/debian/"),
  ];
  expect(debianSources([...foreign, mirror], "bookworm").join("\n")).not.toMatch(/third|unknown|other|backports/);
});

test("gives nothing where there is no Debian mirror", () => {
  expect(debianSources([index("Ubuntu", "Ubuntu", "http://archive.test/ubuntu/")], "bookworm")).toEqual([]);
});

test("an os-release of another family is no Debian", () => {
  expect(isDebian('ID=fedora\nID_LIKE="rhel"\n')).toBe(false);
  expect(isDebian("")).toBe(false);
});
