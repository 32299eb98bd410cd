import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { SystemHealth } from "@/components/api/types";
import { useWord } from "@/components/i18n/useWord";
import { Facts } from "@/components/ui/Facts";
import { Card } from "@/components/ui/Page";

type Props = Pick<SystemHealth, "parts" | "journal">;

/** What the answering process stands on, and how far the readers of the journal are. */
export function PartsCard({ parts, journal }: Props) {
  const { t } = useTranslation();
  const word = useWord();
  return (
    <Card title={t("system.parts")}>
      <Facts
        width={200}
        items={[
          ...parts.map(({ name, ok, detail, params }): [string, React.ReactNode] => [
            word("systemPart", name),
            <span key={name}>
              <Tag bordered={false} color={ok ? "green" : "error"}>
                {ok ? t("system.fine") : t("system.unwell")}
              </Tag>
              {word("systemDetail", detail, params)}
            </span>,
          ]),
          ...journal.map(({ subscriber, hook, events }): [string, React.ReactNode] => [
            hook ? t("system.hook", { name: hook }) : word("systemReader", subscriber),
            events === 0 ? t("system.upToDate") : t("system.behind", { count: events }),
          ]),
        ]}
      />
    </Card>
  );
}
