import { expect, test } from "vitest";
import type { Customer } from "@/components/api/types";
import { bodyOf, fieldsOf } from "./customerFields";

test("an unchanged record is sent as it came", () => {
  const home = { project: "云湖花园", building: "3", unit: null, room: "1502" };
  const customer = {
    id: "c1",
    version: 2,
    name: "陈静",
    grade: "A",
    kind: "person",
    phones: [{ id: "p1", raw: "138-0013-8000", e164: "+8613800138000", label: "mobile" }],
    homes: [home],
    tags: ["业委会"],
    note: "",
    created_at: "2026-01-01T00:00:00Z",
  } as Customer;
  const body = bodyOf(fieldsOf(customer));
  expect(body.homes).toEqual([home]);
  expect(body.phones).toEqual([{ raw: "138-0013-8000", label: "mobile" }]);
});

test("rows left empty are not sent", () => {
  const body = bodyOf({ ...fieldsOf(null), name: " 李雷 ", homes: [{ project: " " }] });
  expect(body).toMatchObject({ name: "李雷", phones: [], homes: [] });
});
