import { useTranslation } from "react-i18next";
import type { CallDetail } from "@/components/api/types";
import { useTimes } from "@/components/format/useTimes";
import { useWord } from "@/components/i18n/useWord";
import { Facts } from "@/components/ui/Facts";
import { MenuPath, PhoneText } from "@/components/ui/Words";

export function CallFacts({ call }: { call: CallDetail }) {
  const { t } = useTranslation();
  const word = useWord();
  const { full, span } = useTimes();
  return (
    <Facts
      width={136}
      items={[
        [t("call.number"), <PhoneText key="n" number={call.number} raw={call.raw_number} />],
        [
          t("call.startedAt"),
          <span className="figures" key="s">
            {full(call.started_at)}
          </span>,
        ],
        [t("call.menuPath"), <MenuPath key="m" path={call.menu_path} />],
        [t("call.queue"), word("queue", call.queue) || "–"],
        [t("call.agent"), call.agent_name ?? "–"],
        [t("call.waited"), span(call.wait_s)],
        [t("call.talked"), span(call.talk_s)],
        [t("call.language"), word("spoken", call.language)],
        [t("call.endCause"), word("cause", call.end_cause)],
      ]}
    />
  );
}
