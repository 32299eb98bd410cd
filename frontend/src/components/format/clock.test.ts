import { expect, test } from "vitest";
import { byServer, noteServerTime } from "./clock";

const HOUR_MS = 3_600_000;

test("a moment of a computer that is an hour late is told by the server's clock", () => {
  noteServerTime(new Date(Date.now() + HOUR_MS).toUTCString());
  const told = Date.parse(byServer(0));
  expect(Math.abs(told - HOUR_MS)).toBeLessThan(2000); // the header knows seconds only
  noteServerTime(new Date().toUTCString());
  expect(byServer(0)).toBe("1970-01-01T00:00:00.000Z");
});
