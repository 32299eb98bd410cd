import i18next from "i18next";
import { noteServerTime } from "@/components/format/clock";
import { Problem } from "./problem";

const BASE = "/api/v1";
const SAFE = new Set(["GET", "HEAD"]);

let csrf = "";
let onSignedOut: () => void = () => undefined;

/** The token every changing request carries; comes with the session. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Called when the server no longer knows the session. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

export interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  form?: FormData;
  version?: number;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Random key; works on plain http too, where crypto.randomUUID is missing. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

export function apiUrl(path: string, query: Options["query"] = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return BASE + path + (text ? `?${text}` : "");
}

function headersOf(options: Options): Headers {
  const method = options.method ?? "GET";
  const headers = new Headers({ Accept: "application/json", "Accept-Language": i18next.language });
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  if (!SAFE.has(method) && csrf) headers.set("X-CSRF-Token", csrf);
  if (method === "POST") headers.set("Idempotency-Key", options.idempotencyKey ?? newKey());
  if (options.version !== undefined) headers.set("If-Match", `"${options.version}"`);
  return headers;
}

async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as Partial<Problem> | null;
  return new Problem({
    status: response.status,
    code: body?.code ?? `http_${response.status}`,
    title: body?.title ?? i18next.t("problem.server", { status: response.status }),
    field: body?.field,
    remedy: body?.remedy ?? (body?.code ? null : i18next.t("problem.serverRemedy")),
  });
}

/** Ask the service. Throws Problem, and nothing else but AbortError. */
export async function request<T>(path: string, options: Options = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(apiUrl(path, options.query), {
      method: options.method ?? "GET",
      headers: headersOf(options),
      body: options.form ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      credentials: "same-origin",
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem({
      status: 0,
      code: "network",
      title: i18next.t("problem.network"),
      remedy: i18next.t("problem.networkRemedy"),
    });
  }
  noteServerTime(response.headers.get("Date"));
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const problem = await problemOf(response);
  if (response.status === 401 && path !== "/session") onSignedOut();
  throw problem;
}
