import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeskSocket } from "./socket";

/** The browser's end of a line, as the browser would tell of it. */
class Line {
  static readonly OPEN = 1;
  static all: Line[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    Line.all.push(this);
  }

  open(): void {
    this.readyState = Line.OPEN;
    this.onopen?.();
  }

  bring(type: string): void {
    this.onmessage?.({ data: JSON.stringify({ type }) });
  }

  close(): void {
    this.readyState = 3;
  }
}

let heard: string[];
let lost: boolean[];
let desk: DeskSocket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("WebSocket", Line);
  Line.all = [];
  heard = [];
  lost = [];
  desk = new DeskSocket("ws://desk", {
    onMessage: (message) => heard.push(message.type),
    onLost: (refused) => lost.push(refused),
    isSignedIn: () => true,
  });
});

afterEach(() => {
  desk.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const line = (): Line => Line.all.at(-1) as Line;

test("beats keep a quiet line and are no messages", () => {
  line().open();
  line().bring("snapshot");
  for (let beat = 0; beat < 30; beat += 1) {
    vi.advanceTimersByTime(10_000);
    line().bring("beat");
  }
  expect(heard).toEqual(["snapshot"]);
  expect(lost).toEqual([]);
  expect(Line.all).toHaveLength(1);
});

test("a line that falls silent is lost and another is tried", () => {
  line().open();
  line().bring("snapshot");
  vi.advanceTimersByTime(24_999);
  expect(lost).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(lost).toEqual([false]);
  expect(line().readyState).toBe(3);
  vi.advanceTimersByTime(500);
  expect(Line.all).toHaveLength(2);
  line().open();
  line().bring("snapshot");
  expect(heard).toEqual(["snapshot", "snapshot"]);
});

test("what a given-up line still brings is not heard", () => {
  const first = line();
  first.open();
  vi.advanceTimersByTime(25_000);
  first.bring("pop_opened");
  first.onclose?.({ code: 1006 });
  expect(heard).toEqual([]);
  expect(lost).toEqual([false]);
});

test("a server that takes the line and never answers is given up too", () => {
  vi.advanceTimersByTime(25_000);
  expect(lost).toEqual([false]);
  vi.advanceTimersByTime(500);
  expect(Line.all).toHaveLength(2);
});

test("servers that never speak are asked with growing pauses", () => {
  const until = (tries: number): number => {
    let waited = 0;
    for (; Line.all.length < tries; waited += 50) vi.advanceTimersByTime(50);
    return waited;
  };
  const tries = [2, 3, 4, 5, 6].map((count) => until(count));
  expect(Math.min(...tries)).toBeGreaterThanOrEqual(25_000);
  expect(tries.at(-1)).toBeGreaterThan((tries.at(0) ?? 0) + 1_000);
});

test("a closed desk tries nothing more, however long it is silent", () => {
  line().open();
  desk.close();
  vi.advanceTimersByTime(600_000);
  expect(Line.all).toHaveLength(1);
  expect(lost).toEqual([]);
});

test("a line that ends by itself starts no second watch", () => {
  line().open();
  line().onclose?.({ code: 1006 });
  expect(lost).toEqual([false]);
  vi.advanceTimersByTime(500);
  line().open();
  line().bring("snapshot");
  vi.advanceTimersByTime(24_999);
  expect(lost).toEqual([false]);
});
