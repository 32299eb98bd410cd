import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DISPOSITIONS } from "./dispositions";
import en from "./en.json";
import { QUEUES } from "./queues";
import zh from "./zh-CN.json";

type Tree = { [key: string]: string | Tree };
const PLURAL = /_(one|other)$/;
const SOURCE = join(import.meta.dirname, "../..");

function keysOf(tree: Tree, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [prefix + key.replace(PLURAL, "")] : keysOf(value, `${prefix}${key}.`),
  );
}

function textsOf(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[prefix + key, value] as [string, string]]
      : textsOf(value, `${prefix}${key}.`),
  );
}

const holes = (text: string) => [...new Set(text.match(/\{\{\w+\}\}/g))].sort();
const chinese = new Set(keysOf(zh));
const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((file) => /\.tsx?$/.test(file) && !file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(SOURCE, file), "utf8"))
  .join("\n");

test("both languages have the same keys", () => {
  expect([...new Set(keysOf(en))].sort()).toEqual([...chinese].sort());
});

test("both languages fill in the same values", () => {
  const english = new Map(textsOf(en));
  for (const [key, text] of textsOf(zh))
    expect([key, holes(english.get(key) ?? "")]).toEqual([key, holes(text)]);
});

test("every key the screens name is there", () => {
  const used = [...sources.matchAll(/\bt\(\s*"([\w.]+)"/g)].map((match) => match[1] ?? "");
  expect(used.length).toBeGreaterThan(100);
  expect(used.filter((key) => !chinese.has(key))).toEqual([]);
});

test("every family of keys the screens name by a code is there", () => {
  const families = [...sources.matchAll(/\bt\(\s*`([\w.]+)\.\$\{/g)].map((match) => `${match[1]}.`);
  const missing = families.filter((family) => ![...chinese].some((key) => key.startsWith(family)));
  expect(missing).toEqual([]);
});

test("the fixed codes have words", () => {
  const wanted = [
    ...DISPOSITIONS.map((code) => `disposition.${code}`),
    ...QUEUES.map((name) => `queue.${name}`),
  ];
  expect(wanted.filter((key) => !chinese.has(key))).toEqual([]);
});
