import { expect, test } from "vitest";
import type { Pop, Presence } from "@/components/api/types";
import { parseFrame } from "./protocol";
import { type Action, type DeskState, initialDesk, reduceDesk } from "./state";

const pop = (call_id: string, state: Pop["state"] = "ringing"): Pop =>
  ({
    call_id,
    state,
    number: "+8613800138000",
    raw_number: "13800138000",
    candidates: [{ name: "陈静" }],
  }) as Pop;
const opened = (id: string): Action => ({ type: "pop_opened", pop: pop(id) });
const now = (id: string, state: Pop["state"]): Action => ({ type: "pop_changed", pop: pop(id, state) });
const after = (...actions: Action[]): DeskState => actions.reduce(reduceDesk, initialDesk);
const snapshot = (...pops: Pop[]): Action => ({
  type: "snapshot",
  presence: {} as Presence,
  pops,
  queues: [],
});
const shape = (state: DeskState) => state.pops.map((each) => `${each.call_id} ${each.state}`);

test("a call that rings comes to the front", () => {
  expect(after(opened("a")).selected).toBe("a");
});

test("a second call does not push away the one being talked on", () => {
  const state = after(opened("a"), now("a", "talking"), opened("b"));
  expect(shape(state)).toEqual(["a talking", "b ringing"]);
  expect(state.selected).toBe("a");
});

test.each(["abandoned", "answered_elsewhere", "missed"] as const)(
  "a call %s goes away and is named once",
  (reason) => {
    const state = after(opened("a"), { type: "pop_closed", call_id: "a", reason });
    expect(state.pops).toEqual([]);
    expect(state.selected).toBeNull();
    expect(state.lastClosed).toMatchObject({ reason, name: "陈静" });
  },
);

const draft = (call_id: string, dirty: boolean): Action => ({
  type: "draft",
  call_id,
  form: "ticket",
  dirty,
});
const closed = (call_id: string): Action => ({ type: "pop_closed", call_id, reason: "ended" });

test("a call goes when the wrap-up is over", () => {
  expect(after(opened("a"), now("a", "ended"), closed("a")).pops).toEqual([]);
});

test("a call with unsaved words stays until they are saved and the agent puts it away", () => {
  const kept = after(opened("a"), now("a", "ended"), draft("a", true), closed("a"));
  expect(shape(kept)).toEqual(["a ended"]);
  expect(reduceDesk(kept, { type: "dismiss", call_id: "a" }).pops).toEqual([]);
  expect(after(opened("a"), draft("a", true), draft("a", false), closed("a")).pops).toEqual([]);
});

test("after a reload the snapshot brings the call back", () => {
  const state = after(snapshot(pop("a", "talking")));
  expect(state).toMatchObject({ link: "live", selected: "a" });
});

test("after a lost connection the server's calls count, but no unsaved word is lost", () => {
  const before = after(opened("rang"), opened("written"), draft("written", true), opened("on"));
  expect(shape(reduceDesk(before, snapshot(pop("on", "talking"))))).toEqual(["written ended", "on talking"]);
});

test("a beat changes nothing", () => {
  expect(after(opened("a"), { type: "beat" })).toEqual(after(opened("a")));
});

test("a message unknown to this build changes nothing", () => {
  const frame = parseFrame('{"type":"weather_changed"}');
  expect(frame && reduceDesk(initialDesk, frame)).toBe(initialDesk);
});

test.each(["not json", "null", "[]", '{"type":3}'])("frame %s is refused", (data) => {
  expect(parseFrame(data)).toBeNull();
});
