import type { TFunction } from "i18next";

/** How moments are shown: in the firm's time zone, in the words of the screen's language. */
export interface TimeStyle {
  timezone: string;
  language: string;
}

function parts(at: string, style: TimeStyle, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(style.language, {
    timeZone: style.timezone,
    hourCycle: "h23",
    ...options,
  }).format(new Date(at));
}

const isoDay = (moment: string | number, timezone: string) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: timezone }).format(new Date(moment));

export function clockTime(at: string, style: TimeStyle): string {
  return parts(at, style, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** "今天 14:05", "昨天 09:12", "11月20日 16:40"; with the year when it is not this one. */
export function dayTime(at: string, style: TimeStyle, t: TFunction, now: number): string {
  const time = parts(at, style, { hour: "2-digit", minute: "2-digit" });
  const day = isoDay(at, style.timezone);
  if (day === isoDay(now, style.timezone)) return `${t("time.today")} ${time}`;
  if (day === isoDay(now - 86_400_000, style.timezone)) return `${t("time.yesterday")} ${time}`;
  const sameYear = day.slice(0, 4) === isoDay(now, style.timezone).slice(0, 4);
  const date = parts(at, style, { year: sameYear ? undefined : "numeric", month: "short", day: "numeric" });
  return `${date} ${time}`;
}

export function fullTime(at: string, style: TimeStyle): string {
  return `${isoDay(at, style.timezone)} ${clockTime(at, style)}`;
}

/** Seconds as a stop-watch: 0:07, 12:40, 1:02:03. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Seconds in words: "35 秒", "2 分 05 秒". */
export function duration(seconds: number | null | undefined, t: TFunction): string {
  if (seconds === null || seconds === undefined) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return t("time.seconds", { s: whole });
  if (whole < 3600)
    return t("time.minutes", { m: Math.floor(whole / 60), s: String(whole % 60).padStart(2, "0") });
  return t("time.hours", {
    h: Math.floor(whole / 3600),
    m: String(Math.floor((whole % 3600) / 60)).padStart(2, "0"),
  });
}
