import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NoteSaver } from "./noteSaver";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const kept = () => {
  const notes: string[] = [];
  const saver = new NoteSaver(async (note) => notes.push(note));
  return { notes, saver };
};

test("a note is sent when the typing pauses", async () => {
  const { notes, saver } = kept();
  for (const note of ["水", "水管", "水管漏"]) {
    saver.write(note);
    await vi.advanceTimersByTimeAsync(200);
  }
  expect(notes).toEqual([]);
  await vi.advanceTimersByTimeAsync(800);
  expect(notes).toEqual(["水管漏"]);
});

test("who never pauses is saved nevertheless", async () => {
  const { notes, saver } = kept();
  for (let letters = 1; letters <= 10; letters++) {
    saver.write("x".repeat(letters));
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(notes[0]).toBe("x".repeat(6));
  await vi.advanceTimersByTimeAsync(1000);
  expect(notes.at(-1)).toBe("x".repeat(10));
});

test("what is written while it is being sent follows, and nothing overtakes", async () => {
  const notes: string[] = [];
  let arrived = () => undefined as undefined;
  const saver = new NoteSaver((note) => {
    notes.push(note);
    return new Promise<void>((done) => {
      arrived = () => void done();
    });
  });
  saver.write("one");
  await vi.advanceTimersByTimeAsync(900);
  saver.write("two");
  await vi.advanceTimersByTimeAsync(900);
  expect(notes).toEqual(["one"]);
  arrived();
  await vi.advanceTimersByTimeAsync(3000);
  expect(notes).toEqual(["one", "two"]);
});

test("what could not be sent is tried again", async () => {
  const notes: string[] = [];
  const saver = new NoteSaver(async (note) => {
    notes.push(note);
    if (notes.length === 1) throw new Error("offline");
  });
  saver.write("note");
  await vi.advanceTimersByTimeAsync(5000);
  expect(notes).toEqual(["note", "note"]);
});

test("what somebody else saves is not sent", async () => {
  const { notes, saver } = kept();
  saver.write("note");
  saver.drop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(notes).toEqual([]);
});
