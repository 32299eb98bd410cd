import { expect, test } from "vitest";
import { momentOf, wallOf } from "./zoned";

const AT = "2026-11-24T01:02:03.000Z";

test("a picker shows the firm's clock, whatever this computer's zone is", () => {
  expect(wallOf(Date.parse(AT), "Asia/Shanghai").format("YYYY-MM-DD HH:mm:ss")).toBe("2026-11-24 09:02:03");
  expect(wallOf(Date.parse(AT), "America/New_York").format("YYYY-MM-DD HH:mm:ss")).toBe(
    "2026-11-23 20:02:03",
  );
});

test("and what is picked there is the moment it was shown for", () => {
  for (const zone of ["Asia/Shanghai", "America/New_York", "UTC"])
    expect(momentOf(wallOf(Date.parse(AT), zone), zone)).toBe(AT);
});
