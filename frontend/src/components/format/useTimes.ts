import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "@/components/session/session";
import { serverNow } from "./clock";
import { clockTime, dayTime, duration, fullTime } from "./time";

/** The time formatters bound to the firm's time zone and the screen's language. */
export function useTimes() {
  const { t, i18n } = useTranslation();
  const { timezone } = useSession().me.firm;
  return useMemo(() => {
    const style = { timezone, language: i18n.language };
    return {
      clock: (at: string) => clockTime(at, style),
      day: (at: string) => dayTime(at, style, t, serverNow()),
      full: (at: string) => fullTime(at, style),
      span: (seconds: number | null | undefined) => duration(seconds, t),
    };
  }, [t, i18n.language, timezone]);
}
