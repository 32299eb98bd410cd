import { expect, test } from "vitest";
import { formatPhone } from "./phone";

test.each([
  ["+8613800138000", "138 0013 8000"],
  ["+862088886666", "020 8888 6666"],
  ["+861088886666", "010 8888 6666"],
  ["+8675588886666", "0755 8888 6666"],
  ["+867552886666", "0755 288 6666"],
  ["+864008100000", "400 810 0000"],
  ["+8612345", "12345"],
  ["+14155550100", "+14155550100"],
])("%s reads %s", (e164, shown) => {
  expect(formatPhone(e164)).toBe(shown);
});

test("a number without E.164 is shown as it came", () => {
  expect(formatPhone(null, "1001")).toBe("1001");
});
