import { useTranslation } from "react-i18next";
import { asProblem } from "@/components/api/problem";
import { byServer } from "@/components/format/clock";
import { useTimes } from "@/components/format/useTimes";
import { Notice } from "@/components/ui/Notice";

/** Over figures that could not be read again: as they stand they would say that all is well. `readAt`: milliseconds by
 *  this computer's clock. */
export function StaleNotice({ readAt, error }: { readAt: number; error: unknown }) {
  const { t } = useTranslation();
  const { clock } = useTimes();
  const { title, remedy } = asProblem(error);
  return (
    <Notice
      type="error"
      title={t("system.stale", { at: clock(byServer(readAt)) })}
      remedy={[title, remedy].filter(Boolean).join(" ")}
      testId="system-stale"
    />
  );
}
